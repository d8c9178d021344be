use std::net::{IpAddr, SocketAddr};

use crate::{Body, DATA_MAX, Ends, Frame};

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
            samples,
            uncopied,
            data,
        } => {
            out.push(*door as u8);
            out.extend(stream.to_le_bytes());
            out.extend(bytes.to_le_bytes());
            out.push(samples.map_or(0, |samples| samples as u8));
            out.push(u8::from(*uncopied));
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
            wire,
            uncopied,
            data,
        } => {
            out.push(*sink as u8);
            out.extend(connection.to_le_bytes());
            out.extend(fd.to_le_bytes());
            out.extend(bytes.to_le_bytes());
            out.push(u8::from(*uncopied));
            out.push(u8::from(wire.is_some()));
            if let Some(wire) = wire {
                ends(&wire.ends, out);
                out.extend(wire.from_seq.to_le_bytes());
                out.extend(wire.to_seq.to_le_bytes());
            }
            out.extend(cut(data));
        }
        Body::Socket {
            socket,
            ends: of_socket,
        } => {
            out.extend(socket.to_le_bytes());
            ends(of_socket, out);
        }
        Body::Lost { events } => out.extend(events.to_le_bytes()),
        Body::Attached(line) | Body::Failed(line) => out.extend(cut(line.as_bytes())),
    }
    let len = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
}

fn ends(ends: &Ends, out: &mut Vec<u8>) {
    out.extend(ends.protocol.to_le_bytes());
    address(ends.local, out);
    out.push(u8::from(ends.remote.is_some()));
    ends.remote
        .into_iter()
        .for_each(|remote| address(remote, out));
}

fn address(address: SocketAddr, out: &mut Vec<u8>) {
    match address.ip() {
        IpAddr::V4(ip) => {
            out.push(4);
            out.extend(ip.octets());
        }
        IpAddr::V6(ip) => {
            out.push(6);
            out.extend(ip.octets());
        }
    }
    out.extend(address.port().to_le_bytes());
}

/// A number is never given a second meaning: a session and a helper of different versions then say
/// that they do not understand each other. 1 and 3 were `Read` and `Plain` with less in them.
pub(crate) fn kind(body: &Body) -> u8 {
    match body {
        Body::Read { .. } => 7,
        Body::Running { .. } => 2,
        Body::Plain { .. } => 8,
        Body::Lost { .. } => 4,
        Body::Attached(_) => 5,
        Body::Failed(_) => 6,
        Body::Socket { .. } => 9,
    }
}
