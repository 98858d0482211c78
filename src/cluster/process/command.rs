//! From a command line, or an image's default, to the program that runs.

use std::rc::Rc;

use super::files::normalize;
use super::machine::Program;
use super::server::{Server, ServerKind, ServerOptions};
use super::shell::Shell;
use super::utilities::{self, Utility};
use super::{ProgramSpec, Setting, Surroundings};
use crate::kernel::SimTime;

mod images;
mod servers;

pub(super) use servers::server_for;

/// A command line that is to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    argv: Vec<String>,
    /// The server that the image runs by itself, with that command line.
    server: Option<ServerKind>,
}

/// What a command line needs besides itself.
pub(super) struct Origin<'a> {
    pub setting: &'a Rc<Setting>,
    pub env: &'a [(String, String)],
    pub directory: &'a str,
    pub now: SimTime,
}

/// The command line of a container: `command` and `args` over the image's entrypoint and command.
pub(super) fn argv_of(spec: &ProgramSpec) -> Start {
    let default = images::default_of(&spec.image);
    if !spec.command.is_empty() {
        let argv = spec.command.iter().chain(&spec.args).cloned().collect();
        return Start { argv, server: None };
    }
    let own = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let mut argv = own(default.entrypoint);
    if spec.args.is_empty() {
        argv.extend(own(default.command));
        return Start {
            argv,
            server: default.server,
        };
    }
    argv.extend(spec.args.iter().cloned());
    // Arguments of an image whose entrypoint is its server go to that server; where there is no
    // entrypoint they are the command line.
    let server = default.server.filter(|_| default.takes_args);
    if server.is_some() && default.entrypoint.is_empty() {
        argv.insert(0, spec.image.base_name().to_owned());
    }
    Start { argv, server }
}

impl Start {
    /// A bare command line.
    pub fn from_argv(argv: Vec<String>) -> Self {
        Self { argv, server: None }
    }

    /// The command line as `ps` shows it.
    pub fn title(&self) -> Rc<str> {
        let known = self.server.map(|kind| match kind {
            ServerKind::Nginx => "nginx: master process nginx -g daemon off;",
            ServerKind::Apache => "httpd -DFOREGROUND",
            ServerKind::Redis => "redis-server *:6379",
            ServerKind::Mysql => "mysqld",
            ServerKind::Mariadb => "mariadbd",
            ServerKind::Pause => "/pause",
            _ => self.argv.first().map_or("", String::as_str),
        });
        known.map_or_else(|| self.argv.join(" ").as_str().into(), Rc::from)
    }

    /// The program.
    ///
    /// # Errors
    /// The runtime's words for a missing executable.
    pub fn program(
        self,
        setting: &Rc<Setting>,
        surroundings: &mut Surroundings<'_>,
        now: SimTime,
    ) -> Result<Program, String> {
        let spec = &setting.spec;
        if let Some(kind) = self.server {
            // Arguments may choose the port of a server that the image names.
            let options = servers::options_of(&self.argv);
            let server = Server::new(kind, options, &spec.env, spec, now);
            return Ok(Program::Server(Box::new(server)));
        }
        let directory = if spec.working_dir.is_empty() {
            "/"
        } else {
            &spec.working_dir
        };
        let origin = Origin {
            setting,
            env: &setting.env,
            directory,
            now,
        };
        program_of(&self.argv, &origin, surroundings).map_err(|missing| {
            let name = self.argv.first().map_or("", String::as_str);
            missing.in_words_of_the_runtime(name)
        })
    }
}

/// Why a command line cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// No such file in `$PATH`.
    NotFound,
    /// No such file at the given path.
    NoSuchFile,
    /// A directory, or a file without the right to execute it.
    NotExecutable,
}

impl Missing {
    fn in_words_of_the_runtime(self, name: &str) -> String {
        match self {
            Self::NotFound => format!("exec: \"{name}\": executable file not found in $PATH"),
            Self::NoSuchFile => {
                format!("exec: \"{name}\": stat {name}: no such file or directory")
            }
            Self::NotExecutable => format!("exec: \"{name}\": permission denied"),
        }
    }

    /// The status with which a shell reports it, and its words.
    pub fn in_words_of_a_shell(self) -> (i32, &'static str) {
        match self {
            Self::NotFound | Self::NoSuchFile => (127, "not found"),
            Self::NotExecutable => (126, "Permission denied"),
        }
    }
}

/// The program of a command line: a shell, a script of the container, a server, or a tool.
///
/// # Errors
/// [`Missing`] where the image has no such executable.
// Loaded with the first text that is not the opening one.
#[inline(never)]
pub(super) fn program_of(
    argv: &[String],
    origin: &Origin<'_>,
    surroundings: &mut Surroundings<'_>,
) -> Result<Program, Missing> {
    let Some(name) = argv.first() else {
        return Err(Missing::NotFound);
    };
    let spec = &origin.setting.spec;
    let base = name.rsplit('/').next().unwrap_or_default();
    if name.contains('/') {
        let path = normalize(origin.directory, name);
        if surroundings.files.is_directory(surroundings.volumes, &path) {
            return Err(Missing::NotExecutable);
        }
        // A script that the container holds, mostly from a ConfigMap.
        if let Ok(text) = surroundings.files.read(surroundings.volumes, &path) {
            let shell = Shell::from_script(&text, argv, origin);
            return Ok(Program::Shell(Box::new(shell)));
        }
    }
    if !images::has_executable(&spec.image, name) {
        return Err(if name.contains('/') {
            Missing::NoSuchFile
        } else {
            Missing::NotFound
        });
    }
    if is_shell(base) {
        let shell = Shell::from_argv(argv, origin, surroundings);
        return Ok(Program::Shell(Box::new(shell)));
    }
    if let Some((kind, options)) = server_for(argv, &spec.image) {
        let server = Server::new(kind, options, origin.env, spec, origin.now);
        return Ok(Program::Server(Box::new(server)));
    }
    if let Some(utility) = Utility::new(argv, origin) {
        return Ok(Program::Utility(Box::new(utility)));
    }
    // Something of the image's own, of which nothing is known but its declared ports.
    let options = ServerOptions::default();
    let server = Server::new(
        ServerKind::Application,
        options,
        origin.env,
        spec,
        origin.now,
    );
    Ok(Program::Server(Box::new(server)))
}

/// Whether the image has GNU's tools and dash, as those built on Debian have, and not BusyBox.
pub(super) fn has_gnu_tools(image: &super::ImageName) -> bool {
    let debian = [
        "ubuntu", "debian", "nginx", "httpd", "redis", "perl", "python", "node", "mysql",
        "mariadb", "postgres", "mongo", "tomcat", "centos", "fedora", "golang", "ruby", "php",
        "bash",
    ];
    let is_alpine = image
        .tag
        .as_deref()
        .is_some_and(|tag| tag.contains("alpine"));
    debian.contains(&image.base_name()) && !is_alpine
}

/// Whether a name is that of a shell.
pub(super) fn is_shell(base: &str) -> bool {
    matches!(base, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
}

/// Whether the name is a tool that every image with a shell has.
fn is_common_tool(base: &str) -> bool {
    is_shell(base) || utilities::is_known(base)
}
