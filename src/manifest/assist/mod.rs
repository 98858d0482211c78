//! What an editor asks about a place in a text: what may stand there, what it means, where it is defined, and the
//! text in good order.
//!
//! While one types, a text is broken most of the time, so places are found by indentation; where the document reads,
//! its tree is used.

mod complete;
mod definition;
mod format;
mod hover;
mod lines;
mod names;
mod place;
mod snippets;

pub use complete::{Completion, Item, ItemKind, complete};
pub use definition::definition;
pub use format::format;
pub use hover::{Hover, hover};

use super::path::Step;
use super::schema::{self, Field, Form, Shape, Type};

/// A place in the types: the shape of what stands there, and the field that says so.
#[derive(Clone, Copy)]
struct Spot {
    shape: Shape,
    /// The innermost field on the way, and the type that has it.
    field: Option<(&'static Type, &'static Field)>,
}

/// Follows a path through the types.
fn resolve(of: &'static Type, steps: &[Step]) -> Option<Spot> {
    let mut spot = Spot {
        shape: Shape::object(of),
        field: None,
    };
    for step in steps {
        spot.shape = match (spot.shape.form(), step) {
            (Form::Object(name), Step::Key(key)) => {
                let of = schema::find(name)?;
                let field = of.field(key)?;
                spot.field = Some((of, field));
                field.shape
            }
            (Form::Map(value), Step::Key(_)) => value,
            (Form::Array(item), Step::Index(_)) => item,
            _ => return None,
        };
    }
    Some(spot)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
