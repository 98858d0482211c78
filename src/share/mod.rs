//! A whole scenario as text and back: what a link carries.
//!
//! The text is JSON. Whoever makes the link compresses it; here it is only written and read. What is read comes
//! from anywhere, so everything in it is checked and bounded, and nothing is taken on trust.

mod input;
mod limits;
#[cfg(test)]
mod tests;

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::api::json_text;
use crate::history::LoggedInput;
use crate::history::cluster::MachineConfig;
use crate::kernel::SimTime;

/// The layout of the text. It rises when a reader of the old one could no longer make sense of the new one; what is
/// merely added needs no new number, because what a reader does not know it leaves out.
const FORMAT: u64 = 1;

/// A scenario with all that it takes to show the same moment of the same run.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The version of the program that made it.
    pub version: Rc<str>,
    /// Whether it has a layout that came after this program.
    pub is_newer: bool,
    /// The scenario of the gallery that it began with, or empty.
    pub scenario: Rc<str>,
    /// The name over the text.
    pub file: Rc<str>,
    /// The text of the editor.
    pub text: Rc<str>,
    /// When the text was applied last, …
    pub applied: Option<SimTime>,
    /// … and whether it was changed since.
    pub is_changed: bool,
    /// Picks every jitter and generated name.
    pub seed: u64,
    /// The machines of the cluster.
    pub machines: Vec<MachineConfig>,
    /// Images that lie on every machine from the start.
    pub pulled_images: Vec<String>,
    /// What the user did, oldest first.
    pub inputs: Vec<LoggedInput>,
    /// The moment shown.
    pub now: SimTime,
    /// The newest moment that was simulated; not before `now`.
    pub head: SimTime,
    /// Kind, namespace, name and uid of what is selected.
    pub selected: Option<[Rc<str>; 4]>,
    /// What the middle panel shows, by its word.
    pub mode: Rc<str>,
}

/// Why a text is no scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is no JSON, or not made by this program.
    Unreadable,
    /// A part is missing or is not what it should be.
    Part(&'static str),
    /// A part is larger than anything that can be made with the program.
    TooLarge(&'static str),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("it holds no scenario"),
            Self::Part(part) => write!(f, "its part “{part}” cannot be read"),
            Self::TooLarge(part) => write!(f, "its part “{part}” is too large"),
        }
    }
}

/// The scenario as text.
#[must_use]
pub fn write(shared: &Shared) -> String {
    let machines: Vec<Value> = shared
        .machines
        .iter()
        .map(|machine| machine.to_line().into())
        .collect();
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        all.insert(name.to_owned(), value);
    };
    put("podarium", FORMAT.into());
    put("version", (*shared.version).into());
    put("scenario", (*shared.scenario).into());
    put("file", (*shared.file).into());
    put("text", (*shared.text).into());
    put("applied", shared.applied.map(SimTime::as_micros).into());
    put("changed", shared.is_changed.into());
    put("seed", shared.seed.into());
    put("nodes", machines.into());
    put("pulled", shared.pulled_images.clone().into());
    let inputs: Vec<Value> = shared.inputs.iter().map(input::write).collect();
    put("inputs", inputs.into());
    put("now", shared.now.as_micros().into());
    put("head", shared.head.as_micros().into());
    if let Some(selected) = &shared.selected {
        put("selected", json!(selected.each_ref().map(AsRef::as_ref)));
    }
    put("mode", (*shared.mode).into());
    json_text::text(&Value::Object(all))
}

/// The scenario of a text.
///
/// # Errors
/// What is wrong with it. Parts that are not known are left out.
pub fn read(text: &str) -> Result<Shared, Damage> {
    limits::size("link", text.len(), limits::BYTES)?;
    let all: Value = serde_json::from_str(text).map_err(|_| Damage::Unreadable)?;
    let format = all.get("podarium").and_then(Value::as_u64);
    let format = format
        .filter(|format| *format > 0)
        .ok_or(Damage::Unreadable)?;
    let now = limits::moment("now", all.get("now"))?;
    let head = limits::moment("head", all.get("head"))?;
    Ok(Shared {
        version: word(&all, "version")?,
        is_newer: format > FORMAT,
        scenario: word(&all, "scenario")?,
        file: word(&all, "file")?,
        text: word(&all, "text")?,
        applied: match all.get("applied") {
            None | Some(Value::Null) => None,
            moment => Some(limits::moment("applied", moment)?),
        },
        is_changed: all.get("changed") == Some(&Value::Bool(true)),
        seed: all
            .get("seed")
            .and_then(Value::as_u64)
            .ok_or(Damage::Part("seed"))?,
        machines: limits::machines(list(&all, "nodes")?)?,
        pulled_images: input::words(list(&all, "pulled")?).ok_or(Damage::Part("pulled"))?,
        inputs: limits::inputs(list(&all, "inputs")?, head)?,
        now: now.min(head),
        head,
        selected: selected(&all)?,
        mode: word(&all, "mode")?,
    })
}

fn word(all: &Value, name: &'static str) -> Result<Rc<str>, Damage> {
    let word = all.get(name).and_then(Value::as_str);
    word.map(Into::into).ok_or(Damage::Part(name))
}

fn list<'all>(all: &'all Value, name: &'static str) -> Result<&'all [Value], Damage> {
    let list = all.get(name).and_then(Value::as_array);
    list.map(Vec::as_slice).ok_or(Damage::Part(name))
}

fn selected(all: &Value) -> Result<Option<[Rc<str>; 4]>, Damage> {
    let words = match all.get("selected") {
        None | Some(Value::Null) => return Ok(None),
        Some(words) => words.as_array().and_then(|words| input::words(words)),
    };
    match words.as_deref() {
        Some([kind, namespace, name, uid]) => Ok(Some(
            [kind, namespace, name, uid].map(|word| word.as_str().into()),
        )),
        _ => Err(Damage::Part("selected")),
    }
}
