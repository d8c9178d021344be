//! Doing something with an element.

use a11y::Object;
use recipe::recorded::Place;
use zbus::Connection;

use super::{call, why};

const ACTION: &str = "org.a11y.atspi.Action";
const COMPONENT: &str = "org.a11y.atspi.Component";
const EDITABLE: &str = "org.a11y.atspi.EditableText";
const SELECTION: &str = "org.a11y.atspi.Selection";

/// What toolkits call a press, the likeliest first.
const PRESSES: [&str; 8] = [
    "click", "press", "activate", "toggle", "check", "uncheck", "jump", "showmenu",
];

/// Presses an element. That the app says it did so proves nothing.
pub(super) async fn press(bus: &Connection, object: &Object) -> Result<(), String> {
    let reply = call(bus, object, ACTION, "GetActions", &()).await;
    let actions: Vec<(String, String, String)> = match reply {
        Ok(reply) => reply.body().deserialize().unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let known = |press: &&str| {
        let names = actions.iter();
        names
            .map(|(name, ..)| name.to_ascii_lowercase())
            .position(|name| name == **press)
    };
    let action = PRESSES.iter().find_map(known).unwrap_or(0);
    let reply = call(bus, object, ACTION, "DoAction", &(action as i32)).await;
    let done = reply.and_then(|reply| reply.body().deserialize::<bool>());
    match done {
        Ok(true) => Ok(()),
        Ok(false) => Err("the app says that it cannot be pressed".to_owned()),
        Err(e) => Err(format!("it cannot be pressed: {}", why(&e))),
    }
}

/// The middle of an element, in pixels of the screen.
pub(super) async fn middle(bus: &Connection, object: &Object) -> Result<(i32, i32), String> {
    let (x, y) = place(bus, object).await?.middle();
    match x >= 0 && y >= 0 {
        true => Ok((x, y)),
        false => Err("it is not on the screen".to_owned()),
    }
}

/// The place of an element on the screen, over whose edge it may reach.
pub(super) async fn place(bus: &Connection, object: &Object) -> Result<Place, String> {
    /// AT-SPI's word for coordinates of the screen.
    const SCREEN: u32 = 0;
    let reply = call(bus, object, COMPONENT, "GetExtents", &SCREEN).await;
    let place = reply.and_then(|reply| reply.body().deserialize::<(i32, i32, i32, i32)>());
    let (x, y, width, height) = place.map_err(|e| format!("where it is: {}", why(&e)))?;
    match width > 0 && height > 0 {
        true => Ok(Place {
            x,
            y,
            width,
            height,
        }),
        false => Err("it is not on the screen".to_owned()),
    }
}

/// Puts a text into a field, in the place of what stood there.
pub(super) async fn put(bus: &Connection, object: &Object, text: &str) -> Result<(), String> {
    let reply = call(bus, object, EDITABLE, "SetTextContents", &text).await;
    let done = reply.and_then(|reply| reply.body().deserialize::<bool>());
    match done {
        Ok(true) => Ok(()),
        Ok(false) => Err("the app says that nothing can be written there".to_owned()),
        Err(e) => Err(format!("nothing can be written there: {}", why(&e))),
    }
}

/// Chooses a child of a list, by its number.
pub(super) async fn choose(bus: &Connection, list: &Object, child: usize) -> Result<(), String> {
    let child = i32::try_from(child).unwrap_or(i32::MAX);
    let reply = call(bus, list, SELECTION, "SelectChild", &child).await;
    let done = reply.and_then(|reply| reply.body().deserialize::<bool>());
    match done {
        Ok(true) => Ok(()),
        Ok(false) => Err("the app says that it cannot be chosen".to_owned()),
        Err(e) => Err(format!("it cannot be chosen: {}", why(&e))),
    }
}
