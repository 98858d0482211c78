//! The machine's disk: what images, containers and volumes hold of it, and the collection of images that
//! no container uses.

use std::rc::Rc;

use crate::cluster::process::ImageName;
use crate::cluster::timing::{IMAGE_GC_PERIOD, IMAGE_MINIMUM_AGE};
use crate::cluster::{Context, Step};
use crate::kernel::{OrderedSet, SimTime};

use super::host::{Host, next_of};
use super::inspect::WorkState;
use super::worker::Worker;
use super::{Kubelet, Wake};

/// kubelet: `imageGCHighThresholdPercent`: from this usage of the disk on unused images are removed …
const HIGH_PERCENT: u64 = 85;
/// … until it is this (`imageGCLowThresholdPercent`).
const LOW_PERCENT: u64 = 80;

/// What the image manager knows of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImageRecord {
    /// When it was put there.
    pub arrived: SimTime,
    /// When the image manager saw it first.
    detected: Option<SimTime>,
    /// When a container began or ended with it last.
    pub used: SimTime,
}

impl ImageRecord {
    /// An image that arrives now.
    pub const fn new(now: SimTime) -> Self {
        Self {
            arrived: now,
            detected: None,
            used: now,
        }
    }
}

impl Worker {
    /// Bytes that the pod's containers and its volumes hold on the disk.
    pub fn disk_bytes(&self) -> u64 {
        let instances = self.runtime.instances.iter();
        let layers: u64 = instances.map(|one| one.files.used_bytes()).sum();
        let finished = self.work == WorkState::Finished;
        let volumes = self.plan.empty_dirs.iter();
        let on_disk = volumes.filter(|one| one.on_disk && !finished);
        let volumes: u64 = on_disk.map(|one| self.volumes.used_bytes(&one.name)).sum();
        layers + volumes
    }

    /// What containers that have ended have written goes with them.
    pub fn remove_dead_files(&mut self) {
        let instances = self.runtime.instances.iter_mut();
        for one in instances.filter(|one| one.record.state.exit_code().is_some()) {
            one.files = one.files.pristine();
        }
    }
}

impl Host {
    /// Bytes of the disk that are free. kubelet: images, containers and volumes are on one file system.
    pub fn available_disk(&self) -> u64 {
        let used = self.images.bytes + self.pressure.written_bytes;
        self.machine.disk_bytes.saturating_sub(used)
    }

    /// kubelet: `evictionHard` has `imagefs.available` below 15 %, which is a number of 32 bits there.
    pub fn disk_reserve(&self) -> u64 {
        share(self.machine.disk_bytes, 5_033_165, 25)
    }

    /// Takes note of bytes written to the disk, and lets the managers look if it is filling up.
    pub fn disk_changed(&mut self, before: u64, after: u64, context: &mut Context) {
        let written = self.pressure.written_bytes + after;
        self.pressure.written_bytes = written.saturating_sub(before);
        if self.available_disk() < self.disk_reserve() {
            self.look_soon(context);
        }
        if self.disk_percent() >= HIGH_PERCENT && self.pressure.collection.is_none() {
            let at = self.periodic(IMAGE_GC_PERIOD, context.now);
            self.pressure.collection = Some(at);
            self.wake_at(at, Wake::CollectImages, context);
        }
    }

    fn disk_percent(&self) -> u64 {
        let capacity = self.machine.disk_bytes.max(1);
        100 - u64::try_from(u128::from(self.available_disk()) * 100 / u128::from(capacity))
            .unwrap_or(100)
    }
}

/// Allocatable bytes of the disk. kubelet: `evictionHard` has `nodefs.available` below 10 %.
pub(super) fn allocatable_disk(capacity_bytes: u64) -> u64 {
    capacity_bytes - share(capacity_bytes, 13_421_773, 27)
}

/// `bytes * factor / 2^bits`: a share as a binary fraction of 32 bits, cut down to whole bytes.
fn share(bytes: u64, factor: u64, bits: u32) -> u64 {
    u64::try_from((u128::from(bytes) * u128::from(factor)) >> bits).unwrap_or(bytes)
}

impl Kubelet {
    /// The image manager's turn. kubelet: every 5 minutes; a second failure in a row is told as an event
    /// of its own.
    pub(super) fn collect_images(&mut self, context: &mut Context) {
        if self.host.pressure.collection.take() != Some(context.now) || !self.host.up {
            return;
        }
        self.measure_disk();
        let percent = self.host.disk_percent();
        if percent < HIGH_PERCENT {
            self.host.pressure.collection_failed = false;
            return;
        }
        let capacity = self.host.machine.disk_bytes;
        let goal = capacity / 100 * (100 - LOW_PERCENT);
        let wanted = goal.saturating_sub(self.host.available_disk());
        let freed = self.remove_images(wanted, true, context);
        let failed = freed < wanted;
        if failed {
            let message = format!(
                "Insufficient free disk space on the node's image filesystem ({percent}% of {} used). \
                 Failed to free sufficient space by deleting unused images (freed {freed} bytes). \
                 Investigate disk usage, as it could be used by active images, logs, volumes, or other data.",
                size(capacity)
            );
            let again = self.host.pressure.collection_failed;
            let reasons = ["FreeDiskSpaceFailed", "ImageGCFailed"];
            for reason in reasons.into_iter().take(1 + usize::from(again)) {
                self.node_event(true, reason, message.clone(), context);
            }
        }
        self.host.pressure.collection_failed = failed;
        self.host.disk_changed(0, 0, context);
    }

    /// Adds up anew what pods hold on the disk.
    pub(super) fn measure_disk(&mut self) {
        let all = self.workers.values().map(|one| one.disk_bytes());
        self.host.pressure.written_bytes = all.sum();
        for worker in self.workers.values_mut() {
            let bytes = worker.disk_bytes();
            if worker.written_bytes != bytes {
                Rc::make_mut(worker).written_bytes = bytes;
            }
        }
    }

    /// Removes unused images, those used longest ago first, until so many bytes are free; the bytes freed.
    /// Containers that have ended keep theirs in use if `dead_too`.
    pub(super) fn remove_images(
        &mut self,
        wanted: u64,
        dead_too: bool,
        context: &mut Context,
    ) -> u64 {
        let workers = self.workers.values();
        let instances = workers.flat_map(|one| one.runtime.instances.iter());
        let in_use: OrderedSet<Rc<str>> = instances
            .filter(|one| dead_too || one.record.state.exit_code().is_none())
            .map(|one| Rc::clone(&one.record.image))
            .collect();
        let mut unused = Vec::new();
        let started = self.host.started;
        let images: Vec<ImageName> = self.host.images.list().cloned().collect();
        for image in images {
            let Some(record) = self.host.images.record_mut(&image) else {
                continue;
            };
            // kubelet: it looks which images there are every 5 minutes, and before it removes some.
            let tick = next_of(started, IMAGE_GC_PERIOD, record.arrived);
            let detected = *record.detected.get_or_insert(tick.min(context.now));
            let detected = match record.arrived {
                SimTime::ZERO => SimTime::ZERO,
                _ => detected,
            };
            let name: Rc<str> = image.to_string().into();
            if in_use.contains(&name) {
                record.used = context.now;
            } else if context.now.since(detected) >= IMAGE_MINIMUM_AGE {
                unused.push((record.used, detected, image, name));
            }
        }
        unused.sort();
        let mut freed = 0;
        for (_, _, image, name) in unused {
            if freed >= wanted {
                break;
            }
            freed += self.host.images.remove(&image);
            let text =
                format!("Removes the image **{name}**, which no container uses: the disk fills up");
            let (actor, key) = (self.host.actor(), self.host.node_key());
            context.step(Step::new(actor, key, "image-removed", text));
        }
        freed
    }
}

/// Bytes as the image manager prints them: `1.5 GiB`.
fn size(bytes: u64) -> String {
    let units = ["TiB", "GiB", "MiB", "KiB"];
    for (power, unit) in [40, 30, 20, 10].into_iter().zip(units) {
        if bytes >> power > 0 {
            let tenths = (u128::from(bytes) * 10 + (1 << (power - 1))) >> power;
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_shares_are_go_s() {
        for (bytes, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_536, "1.5 KiB"),
            (100 << 30, "100.0 GiB"),
            (3 << 39, "1.5 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        // As a node of 100Gi has it.
        assert_eq!(allocatable_disk(100 << 30), 96_636_764_000);
    }
}
