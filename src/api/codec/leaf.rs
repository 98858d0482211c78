//! The values that are no structs: texts, numbers, times, quantities.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use k8s_openapi::ByteString;
use serde_json::Value;

use super::{Codec, Mismatch};
use crate::api::meta::{FieldsV1, MicroTime, Time};
use crate::api::{IntOrString, json_text, timestamp};

type Quantity = k8s_openapi::apimachinery::pkg::api::resource::Quantity;

impl Codec for String {
    fn blank() -> Self {
        Self::new()
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        match json {
            Value::String(text) => *self = text,
            Value::Null => {}
            other => return Err(Mismatch::new(&other, "string")),
        }
        Ok(())
    }

    fn encode(&self) -> Option<Value> {
        Some(Value::String(self.clone()))
    }
}

impl Codec for bool {
    fn blank() -> Self {
        false
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        match json {
            Value::Bool(value) => *self = value,
            Value::Null => {}
            other => return Err(Mismatch::new(&other, "bool")),
        }
        Ok(())
    }

    fn encode(&self) -> Option<Value> {
        Some(Value::Bool(*self))
    }
}

/// Whole numbers, with their names in messages.
macro_rules! integers {
    ($($type:ty: $name:literal)*) => {$(
        impl Codec for $type {
            fn blank() -> Self {
                0
            }

            fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
                if !json.is_null() {
                    let fitting = json.as_i64().and_then(|value| Self::try_from(value).ok());
                    *self = fitting.ok_or_else(|| Mismatch::new(&json, $name))?;
                }
                Ok(())
            }

            fn encode(&self) -> Option<Value> {
                Some(Value::from(*self))
            }
        }
    )*};
}

integers! {
    i32: "int32"
    i64: "int64"
}

impl Codec for IntOrString {
    fn blank() -> Self {
        Self::default()
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        if let Value::String(text) = json {
            *self = Self::String(text);
        } else {
            let mut number = 0;
            number.decode(json)?;
            *self = Self::Int(number);
        }
        Ok(())
    }

    fn encode(&self) -> Option<Value> {
        match self {
            Self::Int(number) => number.encode(),
            Self::String(text) => text.encode(),
        }
    }
}

impl Codec for Quantity {
    fn blank() -> Self {
        Self::default()
    }

    /// A number is a quantity too: `cpu: 1`.
    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        if json.is_number() {
            self.0 = json_text::text(&json);
            return Ok(());
        }
        self.0.decode(json)
    }

    fn encode(&self) -> Option<Value> {
        self.0.encode()
    }
}

impl Codec for Time {
    fn blank() -> Self {
        Self(Timestamp::UNIX_EPOCH)
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        self.0 = moment(&json)?;
        Ok(())
    }

    fn encode(&self) -> Option<Value> {
        Some(Value::String(timestamp::text(self.0)))
    }
}

impl Codec for MicroTime {
    fn blank() -> Self {
        Self(Timestamp::UNIX_EPOCH)
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        self.0 = moment(&json)?;
        Ok(())
    }

    fn encode(&self) -> Option<Value> {
        Some(Value::String(timestamp::micro_text(self.0)))
    }
}

fn moment(json: &Value) -> Result<Timestamp, Mismatch> {
    let found = json.as_str().and_then(timestamp::parse);
    found.ok_or_else(|| Mismatch::new(json, "time in RFC 3339"))
}

impl Codec for ByteString {
    fn blank() -> Self {
        Self::default()
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        if let Some(text) = json.as_str() {
            let bytes = STANDARD.decode(text);
            self.0 = bytes.map_err(|_| Mismatch::new(&json, "base64"))?;
            return Ok(());
        }
        Err(Mismatch::new(&json, "base64"))
    }

    fn encode(&self) -> Option<Value> {
        Some(Value::String(STANDARD.encode(&self.0)))
    }
}

impl Codec for Value {
    fn blank() -> Self {
        Self::Null
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        *self = json;
        Ok(())
    }

    fn encode(&self) -> Option<Value> {
        Some(self.clone())
    }
}

impl Codec for FieldsV1 {
    fn blank() -> Self {
        Self::default()
    }

    fn decode(&mut self, json: Value) -> Result<(), Mismatch> {
        self.0.decode(json)
    }

    fn encode(&self) -> Option<Value> {
        self.0.encode()
    }
}

/// Kinds without a status have this one.
impl Codec for () {
    fn blank() -> Self {}

    fn decode(&mut self, _json: Value) -> Result<(), Mismatch> {
        Ok(())
    }

    fn encode(&self) -> Option<Value> {
        None
    }
}
