//! Finds Chrome or Chromium and its driver, or installs them, or says how to.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::paths;
use crate::run::{self, Outcome, command, output};

/// A browser and the program that drives it.
pub struct Browser {
    /// Chrome or Chromium.
    pub chrome: PathBuf,
    /// chromedriver of the same version.
    pub driver: PathBuf,
}

const CHROME_NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
const CHROME_PATHS: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/snap/bin/chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
];
const DRIVER_PATHS: &[&str] = &[
    "/usr/lib/chromium/chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
    "/opt/homebrew/bin/chromedriver",
];
const ADVICE: &str = "\
The browser tests need Chrome or Chromium and the chromedriver of the same version.
  Debian, Ubuntu  sudo apt-get install chromium chromium-driver
  Fedora          sudo dnf install chromium chromedriver
  macOS           brew install --cask google-chrome chromedriver
  elsewhere       https://googlechromelabs.github.io/chrome-for-testing/
Or name them: CHROME=/path/to/chrome CHROMEDRIVER=/path/to/chromedriver cargo xtask test";

/// The browser to test with. On a Debian as root, a missing one is installed.
pub fn ensure() -> Result<Browser, String> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if is_root() && on_path("apt-get").is_some() {
        install_on_debian()?;
    }
    find().ok_or_else(|| missing().to_owned() + ADVICE)
}

/// Writes the capabilities for wasm-bindgen's test runner: those of `webdriver.json` with the
/// found browser. Returns the file.
pub fn webdriver_capabilities(browser: &Browser) -> Result<PathBuf, String> {
    let source = paths::root().join("webdriver.json");
    let text =
        std::fs::read_to_string(&source).map_err(|error| format!("webdriver.json: {error}"))?;
    let mut capabilities: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("webdriver.json: {error}"))?;
    capabilities["goog:chromeOptions"]["binary"] = browser.chrome.to_string_lossy().into();
    let file = paths::target().join("webdriver.json");
    std::fs::write(&file, capabilities.to_string())
        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    Ok(file)
}

fn find() -> Option<Browser> {
    Some(Browser {
        chrome: find_chrome()?,
        driver: find_driver()?,
    })
}

fn find_chrome() -> Option<PathBuf> {
    named_by("CHROME")
        .or_else(|| CHROME_NAMES.iter().find_map(|name| on_path(name)))
        .or_else(|| first_file(CHROME_PATHS))
}

fn find_driver() -> Option<PathBuf> {
    named_by("CHROMEDRIVER")
        // GitHub's runners name the folder instead.
        .or_else(|| Some(named_by("CHROMEWEBDRIVER")?.join("chromedriver")).filter(|p| p.is_file()))
        .or_else(|| on_path("chromedriver"))
        .or_else(|| first_file(DRIVER_PATHS))
}

fn missing() -> &'static str {
    match (find_chrome(), find_driver()) {
        (None, _) => "No Chrome or Chromium was found.\n",
        _ => "No chromedriver was found.\n",
    }
}

fn install_on_debian() -> Outcome {
    const RETRIES: &str = "Acquire::Retries=3";
    let apt = |arguments: &[&str]| {
        run::run(command("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["-o", RETRIES, "update"])?;
    let packages = ["chromium", "chromium-driver"];
    let options = ["-o", RETRIES, "install", "-y", "--no-install-recommends"];
    apt(&[options.as_slice(), packages.as_slice()].concat())
}

fn is_root() -> bool {
    output(&mut command("id", &["-u"])).is_some_and(|id| id == "0")
}

fn named_by(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .filter(|value| *value != OsString::new())
        .map(PathBuf::from)
}

fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(&file))
        .find(|file| file.is_file())
}

fn first_file(paths: &[&str]) -> Option<PathBuf> {
    paths
        .iter()
        .map(Path::new)
        .find(|path| path.is_file())
        .map(Path::to_path_buf)
}
