//! `kubectl patch`.

use serde_json::Value;

use crate::apiserver::PatchType;
use crate::cluster::{Client, Request};
use crate::kubectl::flags::{Flag, value};
use crate::kubectl::{Arguments, Failure, Output, targets};

pub(super) const FLAGS: &[Flag] = &[
    value("patch", Some('p')),
    value("type", None),
    value("subresource", None),
    value("output", Some('o')),
];

pub(super) fn run(
    arguments: &Arguments,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(text) = arguments.get("patch") else {
        return Failure::usage(
            "must specify --patch or --patch-file containing the contents of the patch",
        );
    };
    let patch_type = match arguments.get("type").unwrap_or("strategic") {
        "strategic" => PatchType::Strategic,
        "merge" => PatchType::Merge,
        "json" => PatchType::Json,
        other => {
            return Failure::usage(format!(
                "--type must be one of [json merge strategic], not \"{other}\""
            ));
        }
    };
    // cmd/patch: the patch may be written as YAML.
    let patch: Value = match serde_yaml::from_str(text) {
        Ok(patch) => patch,
        Err(error) => return Failure::usage(format!("unable to parse \"{text}\": {error}")),
    };
    for key in targets::resolve(&arguments.words, arguments, client)? {
        let before = targets::fetch(&key, client)?.version();
        let subresource = arguments.get("subresource").unwrap_or_default().to_owned();
        let request = Request::Patch {
            key: key.clone(),
            subresource,
            patch_type,
            patch: patch.clone(),
        };
        let object = client.request(request)?;
        let changed = if object.version() == before {
            " (no change)"
        } else {
            ""
        };
        output
            .stdout
            .push_str(&format!("{} patched{changed}\n", targets::label(&key)));
    }
    Ok(())
}
