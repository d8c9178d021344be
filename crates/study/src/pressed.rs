//! Pictures of the pressed buttons: each recipe for a window is tried until its mute is confirmed, and what is on the
//! screen then is cut to the windows.

use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;

use crate::apps::{APPS, App};
use crate::audits::programs;

/// The folder of the pictures in `docs`.
const FOLDER: &str = "pressed";

/// Tries the recipes for windows, those of `only` where it names some, and keeps the pictures.
pub fn take(root: &Path, only: &[String]) -> Result<(), String> {
    let muteproof = programs()?.join("muteproof");
    let work = root.join("target/study-pressed");
    let folder = root.join("docs").join(FOLDER);
    for folder in [&work, &folder] {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let wanted = |app: &&App| match only.is_empty() {
        true => app.window,
        false => only.iter().any(|name| name == app.recipe),
    };
    for app in APPS.iter().filter(wanted) {
        let out = work.join(app.file_name());
        let _ = fs::remove_dir_all(&out);
        let mut tried = Command::new(&muteproof);
        tried.args(["recipe", "try", app.recipe, "--out"]).arg(&out);
        let said = tried.output().map_err(|e| format!("muteproof: {e}"))?;
        if !said.status.success() {
            let why = String::from_utf8_lossy(&said.stderr);
            let why = why.trim().lines().last().unwrap_or("it says nothing");
            eprintln!("{}: no picture: {why}", app.recipe);
            continue;
        }
        let steps = out.join("bundle/steps");
        let last =
            last_picture(&steps).ok_or_else(|| format!("{}: no picture", steps.display()))?;
        let cut = cut(&last).map_err(|e| format!("{}: {e}", last.display()))?;
        let path = folder.join(format!("{}.png", app.file_name()));
        fs::write(&path, cut).map_err(|e| format!("{}: {e}", path.display()))?;
        eprintln!("{}: {}", app.recipe, path.display());
    }
    Ok(())
}

/// What the page shows of them: a picture for each recipe that has one.
pub fn section(docs: &Path) -> String {
    let mut section = String::new();
    for app in APPS {
        let name = format!("{FOLDER}/{}.png", app.file_name());
        if docs.join(&name).is_file() {
            let (program, way) = (app.program, app.way);
            section.push_str(&format!(
                "{program}, muted by {way} (recipe `{}`):\n\n![{program}, muted]({name})\n\n",
                app.recipe
            ));
        }
    }
    match section.is_empty() {
        true => section,
        false => format!(
            "## The pressed buttons\n\n\
             Each was pressed by `muteproof recipe try`; taken once the app itself said that it is muted\n\
             (`cargo xtask study --pressed`).\n\n{section}"
        ),
    }
}

/// The last picture of the app's side.
fn last_picture(steps: &Path) -> Option<std::path::PathBuf> {
    let files = fs::read_dir(steps).ok()?.flatten().map(|file| file.path());
    let of_app = |path: &std::path::PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.ends_with("-app.png"))
    };
    files.filter(of_app).max()
}

/// The part of a picture that is not as its last pixel is, with a small margin: windows come up in the other corner.
fn cut(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |e: &dyn std::fmt::Display| e.to_string();
    let file = fs::File::open(path).map_err(|e| failed(&e))?;
    let decoder = png::Decoder::new(BufReader::new(file));
    let mut reader = decoder.read_info().map_err(|e| failed(&e))?;
    let size = reader.output_buffer_size().ok_or("too large")?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(|e| failed(&e))?;
    if (frame.color_type, frame.bit_depth) != (png::ColorType::Rgb, png::BitDepth::Eight) {
        return Err("not of three bytes a pixel".to_owned());
    }
    let (width, height) = (frame.width as usize, frame.height as usize);
    let part = part(&pixels, width, height).ok_or("nothing is on the screen")?;
    let rows = part.rows.clone().flat_map(|y| {
        let columns = &part.columns;
        pixels[(y * width + columns.start) * 3..(y * width + columns.end) * 3].iter()
    });
    let rows: Vec<u8> = rows.copied().collect();
    let mut file = Vec::new();
    let size = (part.columns.len() as u32, part.rows.len() as u32);
    let mut encoder = png::Encoder::new(&mut file, size.0, size.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(|e| failed(&e))?;
    writer.write_image_data(&rows).map_err(|e| failed(&e))?;
    drop(writer);
    Ok(file)
}

/// A part of a picture.
#[derive(Debug, PartialEq)]
struct Part {
    columns: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
}

/// Pixels around what is shown.
const MARGIN: usize = 4;

fn part(pixels: &[u8], width: usize, height: usize) -> Option<Part> {
    let ground = pixels.last_chunk::<3>()?;
    let (mut columns, mut rows) = (width..0, height..0);
    for (at, pixel) in pixels.chunks_exact(3).enumerate() {
        if pixel != ground {
            let (x, y) = (at % width, at / width);
            columns = columns.start.min(x)..columns.end.max(x + 1);
            rows = rows.start.min(y)..rows.end.max(y + 1);
        }
    }
    let wider = |of: std::ops::Range<usize>, most: usize| {
        of.start.saturating_sub(MARGIN)..(of.end + MARGIN).min(most)
    };
    (!rows.is_empty()).then(|| Part {
        columns: wider(columns, width),
        rows: wider(rows, height),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_cut_to_what_is_on_the_screen() {
        let (width, height) = (40, 30);
        let mut pixels = vec![7; width * height * 3];
        assert_eq!(part(&pixels, width, height), None);
        for (x, y) in [(10, 12), (20, 13), (38, 12)] {
            pixels[(y * width + x) * 3] = 9;
        }
        let cut = part(&pixels, width, height).unwrap();
        assert_eq!((cut.columns, cut.rows), (6..40, 8..18));
    }
}
