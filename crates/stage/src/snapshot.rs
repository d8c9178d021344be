//! A picture of a side's screen.
//!
//! The display's server runs on the side, where the app can stop it: a thread talks to it, and who waits for that
//! thread waits no longer than [`WITHIN`].

use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};
use x11rb::rust_connection::{DefaultStream, RustConnection};

/// Time for a picture.
const WITHIN: Duration = Duration::from_secs(5);

/// Pixels of an edge; the stage's own screens are smaller.
const EDGE_MAX: u16 = 4_096;

/// The screen of the display whose server is behind `stream`, as a PNG.
pub fn take(stream: UnixStream) -> Result<Vec<u8>, String> {
    let (tell, told) = channel();
    // It ends with the display, at the latest with the stage.
    thread::spawn(move || tell.send(taken(stream)));
    let taken = told.recv_timeout(WITHIN);
    taken.unwrap_or_else(|_| Err("the display does not answer".to_owned()))
}

fn taken(stream: UnixStream) -> Result<Vec<u8>, String> {
    let failed = |e: &dyn std::fmt::Display| format!("the display: {e}");
    let (stream, _) = DefaultStream::from_unix_stream(stream).map_err(|e| failed(&e))?;
    let x = RustConnection::connect_to_stream(stream, 0).map_err(|e| failed(&e))?;
    let screen = &x.setup().roots[0];
    let width = screen.width_in_pixels.min(EDGE_MAX);
    let height = screen.height_in_pixels.min(EDGE_MAX);
    let asked = x.get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, !0);
    let image = asked
        .map_err(|e| failed(&e))?
        .reply()
        .map_err(|e| failed(&e))?;
    png(&image.data, width.into(), height.into()).map_err(|e| failed(&e))
}

/// Rows of blue, green, red and one byte that is not used, as a PNG.
fn png(data: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let pixels = data.chunks_exact(4).flat_map(|p| [p[2], p[1], p[0]]);
    let pixels: Vec<u8> = pixels.collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_was_on_the_screen_or_an_error() {
        let (blue, red) = ([255, 0, 0, 0], [0, 0, 255, 9]);
        let file = png(&[blue, red].concat(), 2, 1).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let mut pixels = [0; 6];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, [0, 0, 255, 255, 0, 0]);
        // A server that answers with less than it says.
        assert!(png(&blue, 2, 1).is_err());
    }

    #[test]
    fn a_display_that_hangs_up_is_an_error() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let said = take(ours).unwrap_err();
        assert!(said.starts_with("the display"), "{said}");
    }
}
