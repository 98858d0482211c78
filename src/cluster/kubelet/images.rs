//! Images of a machine: policies, pulls one after another, and the back-off of failed pulls.

use crate::kernel::OrderedMap;
use std::rc::Rc;
use std::time::Duration;

use crate::cluster::Context;
use crate::cluster::process::ImageName;
use crate::kernel::SimTime;

use super::backoff::BackOff;
use super::disk::ImageRecord;
use super::host::Host;
use super::inspect::{CreationKind, StepProgress};
use super::plan::Slot;
use super::sync::{Flow, Task};
use super::worker::Worker;

/// The images that lie on a machine, and the pulls that are under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Images {
    /// By full name.
    present: OrderedMap<ImageName, ImageRecord>,
    /// What they take of the disk.
    pub bytes: u64,
    /// kubelet: `serializeImagePulls`; the next pull begins when the last one is over.
    free_at: SimTime,
    /// What is being pulled and will be there then.
    arriving: OrderedMap<ImageName, SimTime>,
    /// Whether no registry can be reached.
    pub registry_down: bool,
}

/// A pull that is under way or just over.
#[derive(Clone, Debug)]
pub(super) struct Pulling {
    image: ImageName,
    asked: SimTime,
    began: SimTime,
    ends: SimTime,
    result: Result<(), String>,
}

/// What the kubelet remembers of a failed pull.
#[derive(Clone, Debug)]
pub(super) struct PullFailure {
    /// The back-off.
    pub back_off: Option<BackOff>,
    /// `ErrImagePull: …`, the last error.
    pub error: String,
    /// The pull that is under way.
    pub pulling: Option<Pulling>,
}

impl Images {
    /// The images that lie there from the beginning; names that cannot be read are none.
    pub fn new(pulled: &[String]) -> Self {
        let mut images = Self::default();
        for name in pulled.iter().filter_map(|name| ImageName::parse(name).ok()) {
            images.put(name, SimTime::ZERO);
        }
        images
    }

    /// The images, newest last by name.
    pub fn list(&self) -> impl Iterator<Item = &ImageName> {
        self.present.keys()
    }

    /// What is known of an image.
    pub fn record_mut(&mut self, image: &ImageName) -> Option<&mut ImageRecord> {
        self.present.get_mut(image)
    }

    fn put(&mut self, image: ImageName, now: SimTime) {
        match self.present.get_mut(&image) {
            Some(record) => record.used = now,
            None => {
                self.bytes += image.size_bytes();
                self.present.insert(image, ImageRecord::new(now));
            }
        }
    }

    /// Removes an image; the bytes that it took.
    pub fn remove(&mut self, image: &ImageName) -> u64 {
        let found = self.present.remove(image);
        let bytes = found.map_or(0, |_| image.size_bytes());
        self.bytes -= bytes;
        bytes
    }

    /// A container begins or ends with an image.
    pub fn used(&mut self, image: &ImageName, now: SimTime) {
        if let Some(record) = self.record_mut(image) {
            record.used = now;
        }
    }

    fn has(&self, image: &ImageName) -> bool {
        self.present.contains_key(image)
    }

    /// Queues a pull.
    fn pull(&mut self, text: &str, image: &ImageName, now: SimTime) -> Pulling {
        let began = self.free_at.max(now);
        let arrives = self.arriving.get(image).is_some_and(|at| *at <= began);
        let mut pull = image.pull(text, self.has(image) || arrives);
        if self.registry_down {
            pull.takes = Duration::from_secs(5);
            pull.result = Err(unreachable(image));
        }
        let ends = began + pull.takes;
        self.free_at = ends;
        if pull.result.is_ok() {
            self.arriving.insert(image.clone(), ends);
        }
        Pulling {
            image: image.clone(),
            asked: now,
            began,
            ends,
            result: pull.result,
        }
    }

    fn arrived(&mut self, image: &ImageName, now: SimTime) {
        self.arriving.remove(image);
        self.put(image.clone(), now);
    }
}

/// The runtime's words where the registry's name does not resolve.
fn unreachable(image: &ImageName) -> String {
    let tag = image
        .tag
        .as_deref()
        .or(image.digest.as_deref())
        .unwrap_or("latest");
    format!(
        "rpc error: code = Unknown desc = failed to pull and unpack image \"{image}\": failed to resolve \
         reference \"{image}\": failed to do request: Head \"https://{0}/v2/{1}/manifests/{tag}\": dial \
         tcp: lookup {0}: no such host",
        image.registry, image.repository
    )
}

impl Worker {
    /// Sees to the image of a container: there already, to be pulled, or impossible.
    pub fn pull(&mut self, slot: Slot, host: &mut Host, context: &mut Context) -> Flow {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let text: Rc<str> = spec.image.as_deref().unwrap_or_default().into();
        let policy = spec.image_pull_policy.clone().unwrap_or_default();
        let image = match self.plan.containers[slot].image.clone() {
            Ok(image) => image,
            Err(error) => {
                let message = format!(
                    "Failed to apply default image tag {text:?}: couldn't parse image name {text:?}: {error}"
                );
                self.event(
                    Some(slot),
                    true,
                    "InspectFailed",
                    message.clone(),
                    host,
                    context,
                );
                return self.image_failed(slot, "InvalidImageName", message, host, context);
            }
        };
        let is_present = host.images.has(&image.name);
        if is_present && policy != "Always" {
            let message = format!(
                "Container image {text:?} already present on machine and can be accessed by the pod"
            );
            self.event(Some(slot), false, "Pulled", message, host, context);
            let done = StepProgress::Done { at: context.now };
            self.note(Some(slot), CreationKind::Image, done);
            self.next_task(Task::Create(slot));
            return Flow::Next;
        }
        if policy == "Never" {
            let message =
                format!("Container image {text:?} is not present with pull policy of Never");
            self.event(
                Some(slot),
                true,
                "ErrImageNeverPull",
                message.clone(),
                host,
                context,
            );
            return self.image_failed(slot, "ErrImageNeverPull", message, host, context);
        }
        self.begin_pull(slot, &text, &image.name, host, context)
    }

    fn begin_pull(
        &mut self,
        slot: Slot,
        text: &Rc<str>,
        image: &ImageName,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        let failure = self.pulls.get(text);
        let back_off = failure.and_then(|failure| failure.back_off);
        if back_off.is_some_and(|back_off| back_off.holds_since_update(context.now)) {
            let mut message = format!("Back-off pulling image {text:?}");
            self.event(Some(slot), false, "BackOff", message.clone(), host, context);
            if let Some(failure) = self.pulls.get(text) {
                message = format!("{message}: {}", failure.error);
            }
            return self.image_failed(slot, "ImagePullBackOff", message, host, context);
        }
        let message = format!("Pulling image {text:?}");
        self.event(Some(slot), false, "Pulling", message, host, context);
        let pulling = host.images.pull(text, image, context.now);
        let takes = pulling.ends.since(context.now);
        let step = if pulling.began > context.now {
            format!("Waits for another pull on this node, then pulls **{text}**")
        } else {
            format!("Pulls **{text}**")
        };
        let reads = [self.path(slot, "image"), self.path(slot, "imagePullPolicy")];
        self.step(Some(slot), "image-pull", step, &reads, host, context);
        let progress = StepProgress::Active {
            since: context.now,
            until: Some(pulling.ends),
        };
        self.note(Some(slot), CreationKind::Image, progress);
        let failure = PullFailure {
            back_off,
            error: String::new(),
            pulling: Some(pulling),
        };
        self.pulls.insert(Rc::clone(text), failure);
        self.next_task(Task::Pulled(slot));
        Flow::After(takes)
    }

    /// A pull is over.
    pub fn pulled(&mut self, slot: Slot, host: &mut Host, context: &mut Context) -> Flow {
        let spec = self.plan.spec(&self.pod.spec, slot);
        let text: Rc<str> = spec.image.as_deref().unwrap_or_default().into();
        let failure = self.pulls.get_mut(&text);
        let Some(pulling) = failure.and_then(|failure| failure.pulling.take()) else {
            // The image was changed while it was pulled: begin anew with the new one.
            self.next_task(Task::Pull(slot));
            return Flow::Next;
        };
        match pulling.result {
            Ok(()) => {
                host.images.arrived(&pulling.image, context.now);
                host.disk_changed(0, 0, context);
                let message = format!(
                    "Successfully pulled image {text:?} in {} ({} including waiting). Image size: {} bytes.",
                    go_duration(pulling.ends.since(pulling.began)),
                    go_duration(pulling.ends.since(pulling.asked)),
                    pulling.image.size_bytes(),
                );
                self.event(Some(slot), false, "Pulled", message, host, context);
                let done = StepProgress::Done { at: context.now };
                self.note(Some(slot), CreationKind::Image, done);
                self.next_task(Task::Create(slot));
                Flow::Next
            }
            Err(error) => {
                let message = format!("Failed to pull image {text:?}: {error}");
                self.event(Some(slot), true, "Failed", message, host, context);
                let failure = self.pulls.get(&text).and_then(|failure| failure.back_off);
                let back_off = BackOff::next(failure, context.now, context.now);
                let entry = PullFailure {
                    back_off: Some(back_off),
                    error: format!("ErrImagePull: {error}"),
                    pulling: None,
                };
                self.pulls.insert(text, entry);
                let length = back_off.length.as_secs();
                let step =
                    format!("The pull **failed**; the next one is at least **{length} s** away");
                let reads = [self.path(slot, "image")];
                self.step(Some(slot), "image-pull-failed", step, &reads, host, context);
                self.image_failed(slot, "ErrImagePull", error, host, context)
            }
        }
    }

    fn image_failed(
        &mut self,
        slot: Slot,
        reason: &'static str,
        message: String,
        host: &mut Host,
        context: &mut Context,
    ) -> Flow {
        // kubelet: the event names the error alone, the status has the message.
        self.event(
            Some(slot),
            true,
            "Failed",
            format!("Error: {reason}"),
            host,
            context,
        );
        let why = message.as_str().into();
        self.note(
            Some(slot),
            CreationKind::Image,
            StepProgress::Failed { why },
        );
        self.fail_start(slot, reason, message, None);
        Flow::Next
    }
}

/// A duration as Go prints it, to the millisecond: `302ms`, `1.001s`, `1m2.5s`.
pub(super) fn go_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    if millis < 1_000 {
        return format!("{millis}ms");
    }
    let (minutes, seconds, fraction) = (millis / 60_000, millis / 1_000 % 60, millis % 1_000);
    let before = match (minutes / 60, minutes % 60) {
        (0, 0) => String::new(),
        (0, minutes) => format!("{minutes}m"),
        (hours, minutes) => format!("{hours}h{minutes}m"),
    };
    match fraction {
        0 => format!("{before}{seconds}s"),
        _ if fraction % 100 == 0 => format!("{before}{seconds}.{}s", fraction / 100),
        _ if fraction % 10 == 0 => format!("{before}{seconds}.{:02}s", fraction / 10),
        _ => format!("{before}{seconds}.{fraction:03}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_as_in_go() {
        for (millis, text) in [
            (0, "0s"),
            (302, "302ms"),
            (1_001, "1.001s"),
            (20_000, "20s"),
            (62_500, "1m2.5s"),
            (1_050, "1.05s"),
            (3_601_120, "1h0m1.12s"),
            (3_600_000, "1h0m0s"),
        ] {
            assert_eq!(go_duration(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn pulls_wait_for_one_another() {
        let mut images = Images::default();
        let image = ImageName::parse("registry.example/app:1").unwrap();
        let first = images.pull("registry.example/app:1", &image, SimTime::ZERO);
        let second = images.pull("registry.example/app:1", &image, SimTime::ZERO);
        assert_eq!(second.began, first.ends);
        assert!(second.ends.since(second.began) < first.ends.since(first.began));
    }
}
