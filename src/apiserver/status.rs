//! `Status`: the API server's answer to a request that failed, in its own words.

use serde_json::{Value, json};

use crate::api::Kind;

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// The machine-readable reason.
    pub reason: Reason,
    /// The sentence for people.
    pub message: String,
    /// Name of the object; empty if there is none.
    pub name: String,
    /// API group of the object's resource.
    pub group: &'static str,
    /// Resource (plural) or, for Invalid, the kind; empty if there is none.
    pub kind: String,
    /// One cause per offending field.
    pub causes: Vec<Cause>,
    /// Seconds to wait before trying again; 0 if it does not matter.
    pub retry_after_secs: u32,
}

/// A problem of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueRequired`, `FieldValueInvalid`, …
    pub reason: &'static str,
    /// The message without the field.
    pub message: String,
    /// The field path: `spec.containers[0].name`.
    pub field: String,
}

/// `metav1.StatusReason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are Kubernetes' own")]
pub enum Reason {
    NotFound,
    AlreadyExists,
    Conflict,
    Invalid,
    Forbidden,
    BadRequest,
    MethodNotAllowed,
    TooManyRequests,
    UnsupportedMediaType,
    InternalError,
    /// None is given.
    Unknown,
}

impl Reason {
    /// The text in `status.reason`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "NotFound",
            Self::AlreadyExists => "AlreadyExists",
            Self::Conflict => "Conflict",
            Self::Invalid => "Invalid",
            Self::Forbidden => "Forbidden",
            Self::BadRequest => "BadRequest",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::TooManyRequests => "TooManyRequests",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::InternalError => "InternalError",
            Self::Unknown => "",
        }
    }
}

impl Status {
    /// A status about one object, with `details` naming its resource.
    #[must_use]
    pub fn about(code: u16, reason: Reason, kind: Kind, name: &str, message: String) -> Self {
        let info = kind.info();
        Self {
            code,
            reason,
            message,
            name: name.to_owned(),
            group: info.group,
            kind: info.plural.to_owned(),
            causes: Vec::new(),
            retry_after_secs: 0,
        }
    }

    /// 404: there is no such object.
    #[must_use]
    pub fn not_found(kind: Kind, name: &str) -> Self {
        Self::about(
            404,
            Reason::NotFound,
            kind,
            name,
            format!("{} \"{name}\" not found", resource(kind)),
        )
    }

    /// 409: the name is taken.
    #[must_use]
    pub fn already_exists(kind: Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource(kind));
        Self::about(409, Reason::AlreadyExists, kind, name, message)
    }

    /// 409: somebody else was faster, or a precondition does not hold.
    #[must_use]
    pub fn conflict(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": {why}",
            resource(kind)
        );
        Self::about(409, Reason::Conflict, kind, name, message)
    }

    /// 403: admission said no.
    #[must_use]
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: {why}", resource(kind));
        Self::about(403, Reason::Forbidden, kind, name, message)
    }

    /// 400: the request itself is wrong.
    #[must_use]
    pub fn bad_request(message: String) -> Self {
        Self {
            code: 400,
            reason: Reason::BadRequest,
            message,
            name: String::new(),
            group: "",
            kind: String::new(),
            causes: Vec::new(),
            retry_after_secs: 0,
        }
    }

    /// 422: fields are invalid. One cause stands alone, several stand in brackets.
    #[must_use]
    pub fn invalid(kind: Kind, name: &str, causes: Vec<Cause>) -> Self {
        let info = kind.info();
        let mut texts: Vec<String> = Vec::new();
        for cause in &causes {
            let text = format!("{}: {}", cause.field, cause.message);
            // What is said twice stands in the message once.
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let all = if let [one] = texts.as_slice() {
            one.clone()
        } else {
            format!("[{}]", texts.join(", "))
        };
        let message = format!("{} \"{name}\" is invalid: {all}", qualified_kind(kind));
        Self {
            kind: info.name.to_owned(),
            causes,
            ..Self::about(422, Reason::Invalid, kind, name, message)
        }
    }

    /// The JSON of a `v1 Status`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut details = json!({});
        let mut put = |key: &str, text: &str| {
            if !text.is_empty() {
                details[key] = text.into();
            }
        };
        put("name", &self.name);
        put("group", self.group);
        put("kind", &self.kind);
        if !self.causes.is_empty() {
            details["causes"] = self.causes.iter().map(Cause::to_json).collect();
        }
        if self.retry_after_secs > 0 {
            details["retryAfterSeconds"] = self.retry_after_secs.into();
        }
        let mut json = json!({
            "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure",
            "code": self.code, "reason": self.reason.as_str(), "message": self.message,
        });
        if details.as_object().is_some_and(|map| !map.is_empty()) {
            json["details"] = details;
        }
        json
    }
}

impl Cause {
    fn to_json(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

/// `Pod`, `Deployment.apps`.
pub(super) fn qualified_kind(kind: Kind) -> String {
    let info = kind.info();
    if info.group.is_empty() {
        info.name.to_owned()
    } else {
        format!("{}.{}", info.name, info.group)
    }
}

/// `pods`, `deployments.apps`.
fn resource(kind: Kind) -> String {
    let info = kind.info();
    if info.group.is_empty() {
        info.plural.to_owned()
    } else {
        format!("{}.{}", info.plural, info.group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_as_the_server_does() {
        let required = |field: &str| Cause {
            reason: "FieldValueRequired",
            message: "Required value".to_owned(),
            field: field.to_owned(),
        };
        for (status, message) in [
            (
                Status::not_found(Kind::Deployment, "web"),
                r#"deployments.apps "web" not found"#,
            ),
            (
                Status::already_exists(Kind::Pod, "web"),
                r#"pods "web" already exists"#,
            ),
            (
                Status::invalid(Kind::Pod, "web", vec![required("spec.containers")]),
                r#"Pod "web" is invalid: spec.containers: Required value"#,
            ),
            (
                Status::invalid(Kind::Deployment, "web", vec![required("a"), required("b")]),
                r#"Deployment.apps "web" is invalid: [a: Required value, b: Required value]"#,
            ),
        ] {
            assert_eq!(status.message, message);
        }
    }
}
