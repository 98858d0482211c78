//! The only boundary to JavaScript of our own: the editor's few functions, as values Rust can hold.

use gloo::utils::window;
use js_sys::{Array, Object, Reflect};
use podarium::session::view::editor::Mark;
use podarium::session::view::{Severity, Text};
use wasm_bindgen::prelude::*;
use web_sys::Element;

mod raw {
    //! What `editor/src/editor.js` exports. The path is relative to the module that the build makes.

    use wasm_bindgen::prelude::*;
    use web_sys::Element;

    #[wasm_bindgen(raw_module = "./editor.js")]
    extern "C" {
        pub fn create(parent: &Element, text: &str, events: &JsValue) -> JsValue;
        pub fn show(editor: &JsValue, files: &JsValue, number: u32, text: &str);
        #[wasm_bindgen(js_name = openFiles)]
        pub fn open_files(editor: &JsValue);
        #[wasm_bindgen(js_name = saveFile)]
        pub fn save_file(editor: &JsValue);
        #[wasm_bindgen(js_name = getText)]
        pub fn get_text(editor: &JsValue) -> String;
        #[wasm_bindgen(js_name = setDiagnostics)]
        pub fn set_diagnostics(editor: &JsValue, marks: &JsValue);
        #[wasm_bindgen(js_name = highlightLines)]
        pub fn highlight_lines(editor: &JsValue, lines: &JsValue, tag: &str);
        #[wasm_bindgen(js_name = revealLine)]
        pub fn reveal_line(editor: &JsValue, line: u32, focus: bool);
        pub fn destroy(editor: &JsValue);
        pub fn unpack(fragment: &str, done: &JsValue);
        pub fn share(place: &Element, text: &str, table: &str);
        pub fn more(program: &JsValue, done: &JsValue);
    }
}

/// Names and texts of files.
pub type Files = Vec<(Text, Text)>;

/// What the editor reports.
pub struct EditorEvents {
    /// The text after a change by hand.
    pub change: Box<dyn Fn(String)>,
    /// Ctrl or Cmd with Enter.
    pub apply: Box<dyn Fn()>,
    /// A correction was chosen.
    pub fix: Box<dyn Fn(u32)>,
    /// The cursor was moved to this line, from 1, by hand.
    pub line: Box<dyn Fn(u32)>,
    /// A file was opened: its name and its text.
    pub add: Box<dyn Fn(String, String)>,
    /// The files of the last visit, each as its name followed by its text; and which was shown.
    pub reopen: Box<dyn Fn(Files, u32)>,
    /// Something to be known.
    pub notify: Box<dyn Fn(String)>,
    /// A question about a place: its name, the text, the UTF-16 unit. Answered in JSON.
    pub ask: Box<dyn Fn(String, String, u32) -> String>,
}

/// The code editor on the page. Leaves the page when dropped.
pub struct Editor {
    handle: JsValue,
    // The closures that JavaScript calls live as long as the editor.
    _change: Closure<dyn Fn(String)>,
    _apply: Closure<dyn Fn()>,
    _fix: Closure<dyn Fn(u32)>,
    _line: Closure<dyn Fn(u32)>,
    _add: Closure<dyn Fn(String, String)>,
    _reopen: Closure<dyn Fn(Array, u32)>,
    _notify: Closure<dyn Fn(String)>,
    _ask: Closure<dyn Fn(String, String, u32) -> String>,
}

impl Editor {
    /// Makes an editor inside `parent` that shows the text of the first file.
    pub fn new(parent: &Element, files: &[(u32, Text)], text: &str, events: EditorEvents) -> Self {
        let change = Closure::wrap(events.change);
        let apply = Closure::wrap(events.apply);
        let fix = Closure::wrap(events.fix);
        let line = Closure::wrap(events.line);
        let add = Closure::wrap(events.add);
        let (reopen, notify) = (events.reopen, Closure::wrap(events.notify));
        let reopen: Closure<dyn Fn(Array, u32)> = Closure::new(move |parts: Array, open| {
            let part = |index| Text::from(parts.get(index).as_string().unwrap_or_default());
            let files = (0..parts.length() / 2).map(|file| (part(2 * file), part(2 * file + 1)));
            reopen(files.collect(), open);
        });
        let ask = Closure::wrap(events.ask);
        let object = Object::new();
        set(&object, "change", change.as_ref());
        set(&object, "apply", apply.as_ref());
        set(&object, "fix", fix.as_ref());
        set(&object, "line", line.as_ref());
        set(&object, "add", add.as_ref());
        set(&object, "reopen", reopen.as_ref());
        set(&object, "notify", notify.as_ref());
        set(&object, "ask", ask.as_ref());
        set(&object, "files", &file_list(files));
        set(&object, "program", &wasm_bindgen::exports());
        Self {
            handle: raw::create(parent, text, &object),
            _change: change,
            _apply: apply,
            _fix: fix,
            _line: line,
            _add: add,
            _reopen: reopen,
            _notify: notify,
            _ask: ask,
        }
    }

    /// Shows the text of one of the files without reporting a change.
    pub fn show(&self, files: &[(u32, Text)], open: usize, text: &str) {
        let list = file_list(files);
        let number = files.get(open).map_or(0, |(number, _)| *number);
        raw::show(&self.handle, &list, number, text);
    }

    /// Lets the user choose files, each of which is reported.
    pub fn open_files(&self) {
        raw::open_files(&self.handle);
    }

    /// Hands the text out as a file.
    pub fn save_file(&self) {
        raw::save_file(&self.handle);
    }

    /// The text as it stands.
    pub fn text(&self) -> String {
        raw::get_text(&self.handle)
    }

    /// Shows these marks instead of the last ones.
    pub fn set_diagnostics(&self, marks: &[Mark]) {
        let list: Array = marks.iter().map(mark_object).collect();
        raw::set_diagnostics(&self.handle, &list);
    }

    /// Tints these lines, with a tag at their right end.
    pub fn highlight_lines(&self, lines: &[u32], tag: &str) {
        let list: Array = lines.iter().map(|line| JsValue::from(*line)).collect();
        raw::highlight_lines(&self.handle, &list, tag);
    }

    /// Scrolls to a line; with `focus` the cursor goes there too.
    pub fn reveal_line(&self, line: u32, focus: bool) {
        raw::reveal_line(&self.handle, line, focus);
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        raw::destroy(&self.handle);
    }
}

/// Unpacks the fragments of addresses, one after the other.
pub struct Unpacker(Closure<dyn Fn(String)>);

impl Unpacker {
    /// `done` gets the text of each fragment, empty if there is none in it.
    pub fn new(done: Box<dyn Fn(String)>) -> Self {
        Self(Closure::wrap(done))
    }

    /// Unpacks a fragment, with its `#`.
    pub fn unpack(&self, fragment: &str) {
        raw::unpack(fragment, self.0.as_ref());
    }
}

/// Fills a sheet that hands out a link to what `text` stands for, pictures, and the run as a table.
pub fn share(place: &Element, text: &str, table: &str) {
    raw::share(place, text, table);
}

/// Loads the part of the program that a first visit does without, and calls `done` with what went wrong, if
/// anything did. Where everything is there, that is soon.
pub fn more(done: impl FnOnce(String) + 'static) {
    raw::more(&wasm_bindgen::exports(), &Closure::once_into_js(done));
}

fn file_list(files: &[(u32, Text)]) -> Array {
    let file = |(number, name): &(u32, Text)| {
        let object = Object::new();
        set(&object, "number", &(*number).into());
        set(&object, "name", &(&**name).into());
        JsValue::from(object)
    };
    files.iter().map(file).collect()
}

fn mark_object(mark: &Mark) -> JsValue {
    let severity = match mark.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let fixes: Array = mark
        .fixes
        .iter()
        .map(|fix| {
            let object = Object::new();
            set(&object, "id", &fix.id.into());
            set(&object, "label", &(&*fix.label).into());
            JsValue::from(object)
        })
        .collect();
    let object = Object::new();
    set(&object, "from", &mark.from.into());
    set(&object, "to", &mark.to.into());
    set(&object, "severity", &severity.into());
    set(&object, "message", &(&*mark.message).into());
    set(&object, "detail", &(&*mark.detail).into());
    set(&object, "fixes", &fixes);
    object.into()
}

#[wasm_bindgen]
extern "C" {
    /// The part of the browser's `Performance` that takes times instead of the names of marks.
    type Meter;

    #[wasm_bindgen(method)]
    fn measure(this: &Meter, name: &str, options: &JsValue);

    /// The part of the browser's `Element` that `web-sys` still calls unstable.
    type Animatable;

    #[wasm_bindgen(method)]
    fn animate(this: &Animatable, frames: &JsValue, options: &JsValue);
}

/// Tells the browser's profiler, and whoever observes its entries, that `name` lasted from then until now, in
/// milliseconds of the page's clock. Nothing is kept.
pub fn measure(name: &str, from_millis: f64) {
    if let Some(clock) = window().performance() {
        let options = Object::new();
        set(&options, "start", &from_millis.into());
        set(&options, "end", &clock.now().into());
        clock.unchecked_ref::<Meter>().measure(name, &options);
        clock.clear_measures();
    }
}

/// Plays keyframes on an element, in whole milliseconds of real time.
pub fn animate(element: &Element, frames: &Array, millis: f64) {
    let options = Object::new();
    set(&options, "duration", &millis.into());
    set(&options, "easing", &"cubic-bezier(.45,.05,.2,1)".into());
    element
        .unchecked_ref::<Animatable>()
        .animate(frames, &options);
}

/// Sets a property of a plain object.
pub fn set(object: &Object, name: &str, value: &JsValue) {
    // Setting a property of an extensible plain object cannot fail.
    let done = Reflect::set(object, &name.into(), value);
    debug_assert!(done.is_ok());
}
