//! `muteproof audit --web`: a recipe for any page, by what the buttons of calls are called.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;
use session::recipes::{self, Found, SERVED};
use url::{Host, Url};

use crate::fail::Fail;
use crate::guided::toml;

/// Arguments of `audit --web`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "A web page")]
pub struct Web {
    /// Audit a page of the web: it is opened in a browser on the stage, joined and muted by what its buttons are called,
    /// in many languages. With --serve everything runs on the stage, and a second browser joins as the peer; else
    /// --guided gives the page the outside network, and you join.
    #[arg(long, value_name = "URL", conflicts_with_all = ["recipe", "command", "beside"])]
    pub web: Option<String>,
    /// The browser.
    #[arg(long, value_enum, default_value = "chromium", requires = "web")]
    pub browser: Browser,
    /// A folder that is served to the page's browsers from the peer's side: by its own program `serve`, which is given
    /// the address to listen at, else as plain files at port 8080. `peer` in the URL is that address.
    #[arg(
        long,
        value_name = "FOLDER",
        requires = "web",
        conflicts_with = "guided"
    )]
    pub serve: Option<PathBuf>,
}

/// A browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Browser {
    /// Chromium.
    Chromium,
    /// Firefox ESR.
    Firefox,
}

/// The host that stands for the peer's side in a URL.
const PEER: &str = "peer";

/// Options of Chromium: it asks nobody, and goes on behind other windows.
const CHROMIUM: [&str; 12] = [
    "--force-renderer-accessibility",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--user-data-dir=/home/user/profile",
];

/// The recipe for a page.
pub fn recipe(web: &Web, page: &str, guided: bool) -> Result<Found, Fail> {
    let bad = |why: String| Fail::WebPage {
        page: page.to_owned(),
        why,
    };
    let url = Url::parse(page).map_err(|e| bad(e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(
            "it begins neither with http:// nor with https://".to_owned()
        ));
    }
    match (&web.serve, guided) {
        (None, false) => {
            return Err(bad(
                "the outside network is for guided audits: add --guided, or serve the page by --serve".to_owned(),
            ));
        }
        (Some(_), _) if url.host_str() != Some(PEER) => {
            return Err(bad(format!(
                "what --serve serves is at http://{PEER}:PORT/"
            )));
        }
        _ => {}
    }
    let mut files = match web.browser {
        Browser::Chromium => Vec::new(),
        Browser::Firefox => vec![recipes::file_of("firefox-button", "profile.sh")?],
    };
    if let Some(folder) = &web.serve {
        files.extend(recipes::served(folder)?);
    }
    let text = text(&url, web.browser, guided);
    Ok(recipes::in_memory_with("web", text, files)?)
}

/// What the recipe says.
fn text(url: &Url, browser: Browser, guided: bool) -> String {
    let shown = recipe::readable(url.as_str());
    let at = url.as_str().replacen(&format!("//{PEER}"), "//${peer}", 1);
    let (binary, program, package, etc) = match browser {
        Browser::Chromium => (
            "/usr/lib/chromium/chromium",
            "chromium",
            "chromium",
            "\"chromium\", \"chromium.d\"",
        ),
        Browser::Firefox => (
            "/usr/lib/firefox-esr/firefox-esr",
            "firefox-esr",
            "firefox-esr",
            "\"firefox\", \"firefox-esr\"",
        ),
    };
    let mut start: Vec<String> = match browser {
        Browser::Chromium => [&[program][..], &CHROMIUM].concat(),
        Browser::Firefox => vec![program, "--no-remote", "--profile", "/home/user/profile"],
    }
    .into_iter()
    .map(str::to_owned)
    .collect();
    if browser == Browser::Chromium && url.scheme() == "http" {
        // A microphone is for secure pages alone, and what is served on the stage has no certificate.
        let origin = at.split('/').take(3).collect::<Vec<_>>().join("/");
        start.push(format!(
            "--unsafely-treat-insecure-origin-as-secure={origin}"
        ));
    }
    start.push(at);
    let start = toml(&json!(start));
    let control = |called: &[&str], which: &str| {
        let called = toml(&json!(called));
        format!("{{ role = \"control\", called = {called}{which} }}")
    };
    let one = |called: &[&str]| control(called, ", nth = 1");
    let (mute, either) = (one(&["mute"]), one(&["mute", "unmute"]));
    // Whichever can be used: a page shows further ones in grey before there is a call.
    let (join, there) = (control(&["join"], ""), control(&["mute", "unmute"], ""));
    let mut text = format!(
        "title = {}\n\n[app]\nbinary = \"{binary}\"\nwindow = true\n\
         mute_way = \"the page's own control, found by what it is called and pressed; confirmed by what it is called \
         then, or by being down\"\nprograms = [\"{program}\"]\netc = [{etc}]\n",
        toml(&json!(shown))
    );
    if guided {
        text += "guided = true\noutside = true\n";
        if let Some(domain) = url.domain() {
            text += &format!("domains = [{}]\n", toml(&json!(domain)));
        }
    }
    text += &format!("\n[app.packages]\ndebian = [\"{package}\"]\n");
    text += "\n[called.de]\nmute_way = \"das Bedienelement der Seite, an seinem Namen gefunden und gedrückt; bestätigt davon, \
             wie es dann heißt, oder davon, dass es gedrückt ist\"\n";
    // The operator's server: by the page's domain, or where it has none by its address.
    let server = match url.host() {
        _ if !guided => Some("${peer}".to_owned()),
        Some(Host::Ipv4(address)) => Some(address.to_string()),
        Some(Host::Ipv6(address)) => Some(address.to_string()),
        _ => None,
    };
    if let Some(server) = server {
        text += &format!("\n[[remote]]\naddress = \"{server}\"\nrole = \"server\"\n");
    }
    let sides: &[&str] = if guided {
        &[""]
    } else {
        &["on = \"peer\"\n", ""]
    };
    if browser == Browser::Firefox {
        for on in sides {
            text += &format!("\n[[setup]]\n{on}run = [\"sh\", \"${{recipe}}/profile.sh\"]\n");
        }
    }
    if !guided {
        let port = url.port_or_known_default().unwrap_or(80);
        text += &format!(
            "\n[[launch]]\non = \"peer\"\nname = \"server\"\nstart = [\"sh\", \"-c\", \"cd ${{recipe}}/{SERVED}/ && \
             if [ -f serve ]; then exec $(head -n 1 serve | cut -c3-) ./serve ${{peer}}; \
             else exec python3 -m http.server 8080 --bind ${{peer}}; fi\"]\n\
             \n[[launch]]\non = \"peer\"\nwait_port = \"${{peer}}:{port}\"\n"
        );
        text += &format!("\n[[launch]]\non = \"peer\"\nname = \"peer\"\nstart = {start}\n");
    }
    text += &format!("\n[[launch]]\nstart = {start}\n");
    match guided {
        true => text += "\n[[join]]\nask = \"\"\n",
        false => {
            for on in sides {
                text += &format!(
                    "\n[[join]]\n{on}timeout_s = 60\nreach = {there}\npressing = [{join}]\ntyping = \"guest\"\n",
                );
            }
        }
    }
    // Asked for by name alone, Firefox 153 presses nothing once a page has been there for some 45 s.
    let by = match browser {
        Browser::Chromium => "",
        Browser::Firefox => "by = \"pointer\"\n",
    };
    text += &format!("\n[[mute]]\npress = {mute}\n{by}");
    text += &format!("\n[[unmute]]\npress = {either}\n{by}");
    text += &format!(
        "\n[confirm]\nelement = {}\nreads = \"muted\"\nmuted = \"muted\"\nunmuted = \"unmuted\"\n",
        either
    );
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(page: &str, serve: Option<&Path>, guided: bool) -> Result<Found, Fail> {
        let web = Web {
            web: Some(page.to_owned()),
            browser: Browser::Firefox,
            serve: serve.map(Path::to_owned),
        };
        recipe(&web, page, guided)
    }

    #[test]
    fn a_page_makes_a_recipe_without_mistakes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("js")).unwrap();
        std::fs::write(folder.path().join("js/call.js"), "").unwrap();
        let served = of("http://peer:8080/a?b=\"c\"", Some(folder.path()), false);
        let Ok(served) = served else {
            panic!("no recipe")
        };
        assert!(served.mistakes().is_ok());
        assert!(served.recipe.has_peer() && !served.recipe.app.guided);
        let guided = of("https://example.org/room", None, true);
        let Ok(guided) = guided else {
            panic!("no recipe")
        };
        assert!(guided.mistakes().is_ok());
        assert!(guided.recipe.app.guided && guided.recipe.app.outside);
        assert_eq!(guided.recipe.app.domains, ["example.org"]);
        let Ok(by_address) = of("http://192.0.2.1:8080/", None, true) else {
            panic!("no recipe")
        };
        assert!(by_address.recipe.app.domains.is_empty());
        assert_eq!(by_address.recipe.remote[0].address, "192.0.2.1");
    }

    #[test]
    fn what_cannot_be_opened_is_said() {
        for (page, serve, guided) in [
            ("example.org", None, true),
            ("file:///etc/passwd", None, true),
            ("https://example.org", None, false),
            ("http://example.org", Some(Path::new(".")), false),
        ] {
            assert!(
                matches!(of(page, serve, guided), Err(Fail::WebPage { .. })),
                "{page}"
            );
        }
    }
}
