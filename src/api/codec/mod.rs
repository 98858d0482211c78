//! JSON to typed objects and back, field by field.
//!
//! The types are k8s-openapi's, and they could do this through serde. Its generic code for some 230 types was
//! a seventh of the download, though: here a type costs a list of its fields (`fields.rs`, generated), and
//! everything else is written once.

mod fields;
mod leaf;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A value that has a place in an object's JSON.
pub trait Codec {
    /// The value of a field that is not there.
    fn blank() -> Self
    where
        Self: Sized;

    /// Reads JSON into this blank value; `null` leaves it as it is, and unknown fields are ignored.
    ///
    /// # Errors
    /// The place and the type that was expected there.
    fn decode(&mut self, json: Value) -> Result<(), Mismatch>;

    /// Its JSON; `None` if the field is to be left out.
    fn encode(&self) -> Option<Value>;
}

/// JSON of a type that the field cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The path below the value that was decoded: `.spec.replicas`.
    path: String,
    found: &'static str,
    expected: &'static str,
}

impl Mismatch {
    fn new(found: &Value, expected: &'static str) -> Self {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        Self {
            path: String::new(),
            found,
            expected,
        }
    }

    fn below(mut self, parent: &str) -> Self {
        self.path.insert_str(0, parent);
        self
    }

    /// In a sentence: `.spec.replicas: found string, expected int32`.
    #[must_use]
    pub fn message(&self) -> String {
        [
            &self.path,
            ": found ",
            self.found,
            ", expected ",
            self.expected,
        ]
        .concat()
    }
}

/// Reads `json` into a new value.
///
/// # Errors
/// See [`Codec::decode`].
pub fn decode<T: Codec>(json: Value) -> Result<T, Mismatch> {
    let mut value = T::blank();
    value.decode(json)?;
    Ok(value)
}

/// The JSON of a part of an object; `null` for what a field would leave out.
#[must_use]
pub fn to_json(part: &dyn Codec) -> Value {
    part.encode().unwrap_or(Value::Null)
}

/// The fields of one struct on their way in, in the order of its list of names.
struct Decoder {
    names: std::slice::Iter<'static, &'static str>,
    map: Map<String, Value>,
    mismatch: Option<Mismatch>,
}

impl Decoder {
    fn new(names: &'static [&'static str], json: Value) -> Result<Self, Mismatch> {
        let map = match json {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            other => return Err(Mismatch::new(&other, "object")),
        };
        Ok(Self {
            names: names.iter(),
            map,
            mismatch: None,
        })
    }

    /// Reads the next field of the list into `slot`.
    #[inline(never)]
    fn field(&mut self, slot: &mut dyn Codec) {
        let Some(name) = self.names.next() else {
            return;
        };
        let Some(json) = self.map.get_mut(*name) else {
            return;
        };
        if let Err(mismatch) = slot.decode(json.take()) {
            let mismatch = mismatch.below(name).below(".");
            self.mismatch.get_or_insert(mismatch);
        }
    }

    fn end(self) -> Result<(), Mismatch> {
        self.mismatch.map_or(Ok(()), Err)
    }
}

/// The fields of one struct on their way out, in the order of its list of names.
struct Encoder {
    names: std::slice::Iter<'static, &'static str>,
    map: Map<String, Value>,
}

impl Encoder {
    fn new(names: &'static [&'static str]) -> Self {
        Self {
            names: names.iter(),
            map: Map::new(),
        }
    }

    /// Writes the next field of the list from `slot`.
    #[inline(never)]
    fn field(&mut self, slot: &dyn Codec) {
        if let (Some(name), Some(json)) = (self.names.next(), slot.encode()) {
            self.map.insert((*name).to_owned(), json);
        }
    }

    fn end(self) -> Option<Value> {
        Some(Value::Object(self.map))
    }
}

/// Gives structs their [`Codec`] from the JSON names of their fields.
macro_rules! structs {
    ($($type:ty { $($field:ident $name:literal)* })*) => {$(
        impl $crate::api::codec::Codec for $type {
            fn blank() -> Self {
                Self { $($field: $crate::api::codec::Codec::blank()),* }
            }

            // Not in each `Option` and list of it.
            #[inline(never)]
            fn decode(
                &mut self,
                json: serde_json::Value,
            ) -> Result<(), $crate::api::codec::Mismatch> {
                let mut decoder = $crate::api::codec::Decoder::new(&[$($name),*], json)?;
                $(decoder.field(&mut self.$field);)*
                decoder.end()
            }

            #[inline(never)]
            fn encode(&self) -> Option<serde_json::Value> {
                let mut encoder = $crate::api::codec::Encoder::new(&[$($name),*]);
                $(encoder.field(&self.$field);)*
                encoder.end()
            }
        }
    )*};
}
use structs;

impl<T: Codec> Codec for Option<T> {
    fn blank() -> Self {
        None
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        if json.is_null() {
            return Ok(());
        }
        // `insert` would bring the code to drop a value that is never there.
        let inner: &mut dyn Codec = self.get_or_insert_with(T::blank);
        inner.decode(json)
    }

    fn encode(&self) -> Option<Value> {
        self.as_ref()?.encode()
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        decode_items(self, json)
    }

    fn encode(&self) -> Option<Value> {
        encode_items(self)
    }
}

/// A list whose items' type does not matter, so that its loops are compiled once.
trait List {
    /// Adds a blank item.
    fn grow(&mut self) -> Option<&mut dyn Codec>;

    /// The item at a place.
    fn item(&self, at: usize) -> Option<&dyn Codec>;
}

impl<T: Codec> List for Vec<T> {
    fn grow(&mut self) -> Option<&mut dyn Codec> {
        self.push(T::blank());
        self.last_mut().map(|item| item as &mut dyn Codec)
    }

    fn item(&self, at: usize) -> Option<&dyn Codec> {
        self.get(at).map(|item| item as &dyn Codec)
    }
}

fn decode_items(list: &mut dyn List, json: Value) -> Result<(), Mismatch> {
    let items = match json {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => return Err(Mismatch::new(&other, "array")),
    };
    for (at, json) in items.into_iter().enumerate() {
        if let Some(item) = list.grow() {
            item.decode(json)
                .map_err(|mismatch| mismatch.below(&format!("[{at}]")))?;
        }
    }
    Ok(())
}

fn encode_items(list: &dyn List) -> Option<Value> {
    let mut items = Vec::new();
    while let Some(item) = list.item(items.len()) {
        items.push(to_json(item));
    }
    Some(Value::Array(items))
}

impl<T: Codec> Codec for BTreeMap<String, T> {
    fn blank() -> Self {
        Self::new()
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        for (key, item) in entries(json)? {
            let mut value = T::blank();
            value
                .decode(item)
                .map_err(|mismatch| mismatch.below(&key).below("."))?;
            self.insert(key, value);
        }
        Ok(())
    }

    fn encode(&self) -> Option<Value> {
        let mut map = Map::new();
        for (key, value) in self {
            map.insert(key.clone(), to_json(value));
        }
        Some(Value::Object(map))
    }
}

fn entries(json: Value) -> Result<Map<String, Value>, Mismatch> {
    match json {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        other => Err(Mismatch::new(&other, "object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::PodSpec;
    use serde_json::json;

    #[test]
    fn what_is_read_is_written_again() {
        let check = |json: Value| {
            let spec: PodSpec = decode(json.clone()).unwrap();
            assert_eq!(to_json(&spec), json);
            // serde's own code for the same types agrees.
            assert_eq!(serde_json::to_value(&spec).unwrap(), json);
            assert_eq!(serde_json::from_value::<PodSpec>(json).unwrap(), spec);
        };
        check(json!({"containers": []}));
        check(json!({
            "activeDeadlineSeconds": 30, "nodeSelector": {"disk": "ssd"}, "hostPID": true,
            "containers": [{
                "name": "main", "resources": {"limits": {"cpu": "500m"}},
                "livenessProbe": {"httpGet": {"port": "http", "path": "/"}, "periodSeconds": 3},
                "readinessProbe": {"tcpSocket": {"port": 80}},
            }],
            "volumes": [{"name": "data", "emptyDir": {}}],
        }));
    }

    #[test]
    fn a_mismatch_has_its_place() {
        let check = |json: Value, expect: &str| {
            let mismatch = decode::<PodSpec>(json).unwrap_err();
            assert_eq!(mismatch.message(), expect);
        };
        check(json!(1), ": found number, expected object");
        check(
            json!({"containers": [{"name": "a"}, {"name": 1}]}),
            ".containers[1].name: found number, expected string",
        );
        check(
            json!({"containers": {}}),
            ".containers: found object, expected array",
        );
        check(
            json!({"nodeSelector": {"disk": true}}),
            ".nodeSelector.disk: found bool, expected string",
        );
        check(
            json!({"containers": [], "priority": 3_000_000_000_u64}),
            ".priority: found number, expected int32",
        );
    }
}
