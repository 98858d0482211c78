//! Container images: reading their names, and what pulling them does by the naming conventions.

use std::fmt;
use std::time::Duration;

use super::signal::Signal;
use crate::kernel::Rng;

/// An image reference in its full form: `nginx` is `docker.io/library/nginx:latest`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName {
    /// Registry host, with its port if given: `docker.io`, `registry.example:5000`.
    pub registry: String,
    /// Repository path: `library/nginx`.
    pub repository: String,
    /// The tag; `latest` where neither tag nor digest is given.
    pub tag: Option<String>,
    /// The digest, such as `sha256:…`.
    pub digest: Option<String>,
}

/// What a registry answers to a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// How long it takes.
    pub takes: Duration,
    /// The error text of the runtime as the kubelet reports it behind
    /// `Failed to pull image "…": `, or success.
    pub result: Result<(), String>,
}

/// Time of a pull of an image that the node does not hold.
const FIRST_PULL: Duration = Duration::from_millis(1_000);
/// Time in which the registry confirms that what the node holds is still the newest.
const REPEATED_PULL: Duration = Duration::from_millis(300);
/// Time until the resolver gives up on a registry that cannot be reached.
const UNREACHABLE_AFTER: Duration = Duration::from_secs(5);
/// Time until a registry says no.
const REFUSED_AFTER: Duration = Duration::from_millis(300);

impl ImageName {
    /// Reads a reference as the container runtimes do.
    ///
    /// # Errors
    /// The words of the reference library: `invalid reference format`, or
    /// `invalid reference format: repository name (library/Nginx) must be lowercase`. The kubelet
    /// puts `Failed to apply default image tag "X": couldn't parse image name "X": ` before it
    /// and the container waits with reason InvalidImageName.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (rest, None),
        };
        let (registry, repository) = split_registry(path);
        let invalid = || "invalid reference format".to_owned();
        if is_hex_64(path) && tag.is_none() && digest.is_none() {
            return Err(format!(
                "invalid repository name ({path}), cannot specify 64-byte hexadecimal strings"
            ));
        }
        let lower = repository.to_ascii_lowercase();
        if lower != repository {
            return Err(format!(
                "{}: repository name ({repository}) must be lowercase",
                invalid()
            ));
        }
        let is_valid = !path.is_empty()
            && lower.split('/').all(is_path_component)
            && is_host(&registry)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        if !is_valid {
            return Err(invalid());
        }
        let tag = match (tag, digest) {
            (None, None) => Some("latest"),
            (tag, _) => tag,
        };
        Ok(Self {
            registry,
            repository,
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The last part of the repository, which says what the image is: `nginx`.
    #[must_use]
    pub fn base_name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// The digest of the content: the one in the name, else one derived from the name.
    #[must_use]
    pub fn content_digest(&self) -> String {
        if let Some(digest) = &self.digest {
            return digest.clone();
        }
        let mut bits = Rng::new(0).fork(&self.to_string());
        let words: [u64; 4] = std::array::from_fn(|_| bits.next_u64());
        words.iter().fold("sha256:".to_owned(), |text, word| {
            format!("{text}{word:016x}")
        })
    }

    /// The `imageID` of a container status: `docker.io/library/nginx@sha256:…`.
    #[must_use]
    pub fn image_id(&self) -> String {
        format!(
            "{}/{}@{}",
            self.registry,
            self.repository,
            self.content_digest()
        )
    }

    /// Compressed size in bytes, as in the event "Successfully pulled image".
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let known = KNOWN_SIZES
            .iter()
            .find(|(name, _)| *name == self.base_name());
        match known {
            Some((_, bytes)) => *bytes,
            // Applications are some 10 to 200 MB.
            None => 10_000_000 + Rng::new(1).fork(&self.to_string()).below(190_000_000),
        }
    }

    /// The signal by which the image asks to be stopped (`STOPSIGNAL`); a container's
    /// `lifecycle.stopSignal` comes before it.
    #[must_use]
    pub fn stop_signal(&self) -> Signal {
        match self.base_name() {
            "nginx" | "nginx-unprivileged" => Signal::QUIT,
            "httpd" => Signal::WINCH,
            "postgres" => Signal::INT,
            _ => Signal::TERM,
        }
    }

    /// What pulling the image does. `text` is the name as the pod writes it and `is_present`
    /// whether the node holds the image already, so that the registry only confirms it.
    ///
    /// The name decides: `notfound` and `nonexistent`, also as a tag, do not exist, `denied` may not
    /// be pulled, `unreachable` has a registry without DNS entry, `slow20` takes 20 s.
    #[must_use]
    pub fn pull(&self, text: &str, is_present: bool) -> Pull {
        let full = self.to_string();
        let failed = |code: &str, reason: &str| {
            format!(
                "rpc error: code = {code} desc = failed to pull and unpack image \"{full}\": \
                 failed to resolve reference \"{full}\": {reason}"
            )
        };
        let missing = ["notfound", "nonexistent", "doesnotexist"];
        if missing.iter().any(|word| full.contains(word)) {
            return Pull {
                takes: REFUSED_AFTER,
                result: Err(failed("NotFound", &format!("{full}: not found"))),
            };
        }
        let name = format!("{}/{}", self.registry, self.repository);
        if name.contains("denied") {
            let reason = "pull access denied, repository does not exist or may require \
                          authorization: server message: insufficient_scope: authorization failed";
            return Pull {
                takes: REFUSED_AFTER,
                result: Err(failed("Unknown", reason)),
            };
        }
        if name.contains("unreachable") {
            let reference = self
                .tag
                .as_deref()
                .or(self.digest.as_deref())
                .unwrap_or("latest");
            let reason = format!(
                "failed to do request: Head \"https://{0}/v2/{1}/manifests/{reference}\": \
                 dial tcp: lookup {0}: no such host",
                self.registry, self.repository
            );
            return Pull {
                takes: UNREACHABLE_AFTER,
                result: Err(failed("Unknown", &reason)),
            };
        }
        let takes = if is_present {
            REPEATED_PULL
        } else {
            slow_seconds(text).map_or(FIRST_PULL, Duration::from_secs)
        };
        Pull {
            takes,
            result: Ok(()),
        }
    }
}

/// The full form, as the runtime writes it.
impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Sizes of well-known images on amd64.
const KNOWN_SIZES: [(&str, u64); 12] = [
    ("busybox", 2_223_686),
    ("nginx", 72_324_501),
    ("alpine", 3_653_068),
    ("pause", 321_520),
    ("redis", 45_006_722),
    ("httpd", 58_714_210),
    ("postgres", 154_112_834),
    ("mysql", 240_112_004),
    ("ubuntu", 29_724_688),
    ("debian", 48_494_272),
    ("agnhost", 53_366_272),
    ("perl", 338_614_122),
];

/// The first part is a registry if it could be a host: it holds a dot or colon, or is localhost.
fn split_registry(path: &str) -> (String, String) {
    if let Some((first, rest)) = path.split_once('/')
        && (first.contains(['.', ':'])
            || first == "localhost"
            || first != first.to_ascii_lowercase())
    {
        let registry = if first == "index.docker.io" {
            "docker.io"
        } else {
            first
        };
        let repository = if registry == "docker.io" && !rest.contains('/') {
            format!("library/{rest}")
        } else {
            rest.to_owned()
        };
        return (registry.to_owned(), repository);
    }
    let library = if path.contains('/') { "" } else { "library/" };
    ("docker.io".to_owned(), format!("{library}{path}"))
}

/// Letters and digits, joined by `.`, `_`, `__` or any number of `-`.
fn is_path_component(text: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !text.starts_with(is_alphanumeric) || !text.ends_with(is_alphanumeric) {
        return false;
    }
    text.split(is_alphanumeric).all(|separator| {
        matches!(separator, "" | "." | "_" | "__") || separator.chars().all(|c| c == '-')
    })
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    host.split('.').all(is_label)
        && port.is_none_or(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit()))
}

fn is_tag(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(is_word)
        && text.len() <= 128
        && text.chars().all(|c| is_word(c) || c == '.' || c == '-')
}

fn is_digest(text: &str) -> bool {
    match text.split_once(':') {
        Some((algorithm, hex)) => {
            algorithm.starts_with(|c: char| c.is_ascii_alphabetic())
                && algorithm
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+._-".contains(c))
                && hex.len() >= 32
                && hex.chars().all(|c| c.is_ascii_hexdigit())
        }
        None => false,
    }
}

fn is_hex_64(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

/// The number of seconds in a `slowN` of an image name, at most an hour.
fn slow_seconds(text: &str) -> Option<u64> {
    let (_, after) = text.split_once("slow")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(|seconds: u64| seconds.min(3_600))
}

#[cfg(test)]
mod tests;
