//! The commands, one file per verb or family of verbs.

mod apply;
mod create;
mod debug;
mod delete;
mod drain;
mod exec;
mod label;
mod logs;
mod patch;
mod progress;
mod rollout;
mod scale;
mod set;
mod taint;
mod wait;

use crate::cluster::Client;

use super::flags::{Arguments, Flag};
use super::{Failure, Output, describe, get};

/// Runs the command that `words` spell; what it prints goes to `output`, also what it printed before
/// it failed.
pub(super) fn dispatch(
    words: &[String],
    stdin: &str,
    client: &mut impl Client,
    output: &mut Output,
) -> Result<(), Failure> {
    let [verb, rest @ ..] = words else {
        return Failure::usage("a command is required: kubectl [command] [TYPE] [NAME] [flags]");
    };
    let parse = |flags: &[Flag]| Arguments::parse(verb, rest, flags);
    match verb.as_str() {
        "apply" => apply::run(&parse(apply::FLAGS)?, stdin, client, output),
        "create" => create::run(&parse(create::FLAGS)?, stdin, client, output),
        "delete" => delete::run(&parse(delete::FLAGS)?, stdin, client, output),
        "describe" => describe::run(&parse(describe::FLAGS)?, client.world(), output),
        "get" => get::run(&parse(get::FLAGS)?, client.world(), output),
        "exec" => exec::run(&parse(exec::FLAGS)?, client, output),
        "logs" => logs::run(&parse(logs::FLAGS)?, client, output),
        "wait" => wait::run(&parse(wait::FLAGS)?, client, output),
        "label" => label::run(label::Labels, &parse(label::FLAGS)?, client, output),
        "annotate" => label::run(label::Annotations, &parse(label::FLAGS)?, client, output),
        "patch" => patch::run(&parse(patch::FLAGS)?, client, output),
        "rollout" => rollout::run(&parse(rollout::FLAGS)?, client, output),
        "scale" => scale::run(&parse(scale::FLAGS)?, client, output),
        "set" => set::run(&parse(set::FLAGS)?, client, output),
        "taint" => taint::run(&parse(taint::FLAGS)?, client, output),
        "cordon" => taint::cordon(true, &parse(taint::CORDON)?, client, output),
        "uncordon" => taint::cordon(false, &parse(taint::CORDON)?, client, output),
        "debug" => debug::run(&parse(debug::FLAGS)?, client, output),
        "drain" => drain::run(&parse(drain::FLAGS)?, client, output),
        // cmd: an unknown command is told apart from one that is known and not simulated yet.
        "explain" | "top" | "run" | "expose" | "edit" | "replace" | "autoscale" | "cp"
        | "attach" | "port-forward" | "proxy" | "diff" | "events" | "auth" | "config"
        | "version" | "api-resources" | "api-versions" | "cluster-info" | "certificate"
        | "kustomize" | "plugin" | "options" => {
            Failure::usage(format!("kubectl {verb} is not simulated yet"))
        }
        _ => Failure::usage(format!("unknown command \"{verb}\" for \"kubectl\"")),
    }
}
