use crate::{Body, DATA_MAX, Frame};

/// Appends a frame. Data is cut at [`DATA_MAX`], a line at as many bytes.
pub fn write(frame: &Frame, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend([0; 4]);
    out.push(kind(&frame.body));
    out.extend(frame.t_ns.to_le_bytes());
    out.extend(frame.pid.to_le_bytes());
    out.extend(frame.tid.to_le_bytes());
    out.extend(frame.command);
    let cut = |data: &[u8]| data[..data.len().min(DATA_MAX)].to_vec();
    match &frame.body {
        Body::Read {
            door,
            stream,
            bytes,
            data,
        } => {
            out.push(*door as u8);
            out.extend(stream.to_le_bytes());
            out.extend(bytes.to_le_bytes());
            out.extend(cut(data));
        }
        Body::Running {
            door,
            stream,
            running,
        } => {
            out.push(*door as u8);
            out.extend(stream.to_le_bytes());
            out.push(u8::from(*running));
        }
        Body::Plain {
            sink,
            connection,
            fd,
            bytes,
            data,
        } => {
            out.push(*sink as u8);
            out.extend(connection.to_le_bytes());
            out.extend(fd.to_le_bytes());
            out.extend(bytes.to_le_bytes());
            out.extend(cut(data));
        }
        Body::Lost { events } => out.extend(events.to_le_bytes()),
        Body::Attached(line) | Body::Failed(line) => out.extend(cut(line.as_bytes())),
    }
    let len = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
}

pub(crate) fn kind(body: &Body) -> u8 {
    match body {
        Body::Read { .. } => 1,
        Body::Running { .. } => 2,
        Body::Plain { .. } => 3,
        Body::Lost { .. } => 4,
        Body::Attached(_) => 5,
        Body::Failed(_) => 6,
    }
}
