//! What the view builders look at: the cluster at the moment shown, the record and the text.

use crate::api::Pod;
use crate::cluster::kubelet::inspect::{
    BackOffRuntime, ContainerRuntime, InstanceState, PodRuntime,
};
use crate::cluster::{FieldRead, Step, World};
use crate::history::Record;
use crate::kernel::SimTime;

use super::names;
use super::source::Source;
use super::view::{Link, RichText};

/// All that there is to see.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The cluster at the moment shown.
    pub world: &'a World,
    /// What was seen on the way to the head.
    pub record: &'a Record,
    /// The text of the editor.
    pub source: &'a Source,
}

impl<'a> Scene<'a> {
    /// The moment shown.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        self.world.now()
    }

    /// The wall clock at the moment shown, in microseconds since 1970.
    #[must_use]
    pub fn unix_micros(&self) -> i64 {
        self.world.api().clock().unix_micros(self.now())
    }

    /// A pod as its node knows it.
    #[must_use]
    pub fn runtime(&self, pod: &Pod) -> Option<PodRuntime> {
        let node = pod.spec.node_name.as_deref()?;
        self.world
            .kubelet(node)?
            .pod(&pod.key())
            .filter(|runtime| runtime.uid.as_ref() == pod.uid())
    }

    /// The link to a field of a pod, or to where it should stand.
    #[must_use]
    pub fn link(&self, pod: &Pod, path: impl Into<String>) -> Option<Link> {
        let read = FieldRead {
            object: pod.key(),
            path: path.into(),
        };
        self.source.link(self.world, &read)
    }

    /// A step in words, with the links to what it read, by name.
    #[must_use]
    pub fn tell(&self, step: &Step) -> RichText {
        let mut text = names::sentence(&step.text);
        for read in &step.reads {
            let link = self.source.named_link(self.world, read);
            // Several fields on one line are one link.
            if link
                .as_ref()
                .is_some_and(|link| text.links.iter().all(|other| other.line != link.line))
            {
                text = text.link(link);
            }
        }
        text
    }
}

/// The back-off that holds a container back at `now`.
#[must_use]
pub fn running_back_off(container: &ContainerRuntime, now: SimTime) -> Option<BackOffRuntime> {
    let held = !matches!(
        container.state,
        InstanceState::Running { .. } | InstanceState::Created
    );
    container
        .back_off
        .filter(|back_off| held && back_off.until > now)
}
