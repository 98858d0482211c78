//! The event recorders of the components: `v1` recorders count, aggregate and filter as client-go's
//! EventCorrelator does; the scheduler's `events.k8s.io` recorder makes series.

use crate::kernel::trace::digest;
use crate::kernel::{ByText, OrderedMap, OrderedSet};
use std::rc::Rc;
use std::time::Duration;

use crate::api::core::{EventSeries, EventSource, ObjectReference};
use crate::api::meta::{ObjectMeta, Time};
use crate::api::{Event, Kind, Object, ObjectKey, Resource};
use crate::kernel::SimTime;

use super::Context;

/// Records events of one component on one host.
#[derive(Clone, Debug)]
pub struct Recorder {
    component: &'static str,
    host: Rc<str>,
    /// By the uid of the object; shared, so that a checkpoint of the world stays cheap.
    objects: ByText<Rc<Memory>>,
}

/// What was recorded about one object.
#[derive(Clone, Debug, Default)]
struct Memory {
    recorded: OrderedMap<Identity, Recorded>,
    /// By whether they are warnings, and the reason.
    similar: OrderedMap<(bool, &'static str), Similar>,
    /// One bucket for `Normal` events and one for warnings.
    spam: OrderedMap<bool, Bucket>,
}

/// An event to record.
#[derive(Clone, Debug)]
pub struct Occurrence<'a> {
    /// The object that it is about.
    pub about: &'a Object,
    /// `spec.containers{main}`, if it is about a container.
    pub field_path: Option<Rc<str>>,
    /// Whether the type is `Warning` rather than `Normal`.
    pub warning: bool,
    /// The reason.
    pub reason: &'static str,
    /// The message.
    pub message: Rc<str>,
}

/// client-go's EventCorrelator: events equal in all of this are one event with a count. Similar events that were
/// combined have no message. What differs most stands first, since that is compared first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    message: Option<Message>,
    warning: bool,
    version: u64,
    reason: &'static str,
    field_path: Option<Rc<str>>,
}

/// A message behind its digest, so that a search among many reads no text but that of the one that it finds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    digest: u64,
    text: Rc<str>,
}

/// An event that was written.
#[derive(Clone, Debug)]
struct Recorded {
    key: ObjectKey,
    count: i32,
    first: Time,
    at: SimTime,
}

/// Events that differ in their message only.
#[derive(Clone, Debug, Default)]
struct Similar {
    messages: OrderedSet<Message>,
    last: SimTime,
}

/// client-go: the token bucket of one object.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// What is in it: one token is [`SPAM_REFILL`].
    credit: Duration,
    at: SimTime,
}

/// client-go: from this number of different messages on, similar events become one …
const SIMILAR_MAX: usize = 10;
/// … unless the last of them is older than this.
const SIMILAR_INTERVAL: Duration = Duration::from_secs(600);
/// client-go: of one object so many events are written in a burst …
const SPAM_BURST: u32 = 25;
/// … and then one in this time.
const SPAM_REFILL: Duration = Duration::from_secs(300);
/// client-go events: an event that repeats within this time continues its series.
const SERIES_INTERVAL: Duration = Duration::from_secs(6 * 60);
/// client-go events: a series that goes on is written again after this time.
const SERIES_REFRESH: Duration = Duration::from_secs(30 * 60);

impl Recorder {
    /// A `v1` recorder for a component; `host` is the node's name for kubelets, else empty.
    #[must_use]
    pub fn new(component: &'static str, host: &str) -> Self {
        Self {
            component,
            host: host.into(),
            objects: ByText::new(),
        }
    }

    /// Forgets what it recorded about an object that is gone.
    pub fn forget(&mut self, uid: &str) {
        self.objects.remove(uid);
    }

    fn memory(&mut self, about: &Object) -> &mut Memory {
        Rc::make_mut(self.objects.or_default(about.uid()))
    }

    /// Records something through `v1`: a new event, one more of an old one, or nothing if there are too many.
    pub fn record(&mut self, mut occurrence: Occurrence, context: &mut Context) {
        let now = context.api.clock().time(context.now);
        let memory = Rc::make_mut(self.objects.or_default(occurrence.about.uid()));
        let identity = memory.aggregate(&mut occurrence, context.now);
        let passes = memory.has_token(occurrence.warning, context.now);
        // An event that the filter holds back has no object yet; it is counted all the same.
        let first = || Recorded {
            key: event_key(occurrence.about, context),
            count: 0,
            first: now.clone(),
            at: context.now,
        };
        let recorded = memory.recorded.entry(identity).or_insert_with(first);
        recorded.count += 1;
        recorded.at = context.now;
        if !passes {
            return;
        }
        if recorded.count > 1 {
            if count_once_more(recorded, &occurrence.message, &now, context) {
                return;
            }
            recorded.key = event_key(occurrence.about, context);
        }
        let host = Some(self.host.to_string()).filter(|host| !host.is_empty());
        let body = crate::api::core::Event {
            count: Some(recorded.count),
            first_timestamp: Some(recorded.first.clone()),
            last_timestamp: Some(now),
            reporting_component: Some(self.component.to_owned()),
            reporting_instance: host.clone(),
            source: Some(EventSource {
                component: Some(self.component.to_owned()),
                host,
            }),
            ..body(&occurrence)
        };
        let event = Event::new(meta(&recorded.key), body, ());
        // The server refuses events only in namespaces that are going away; components drop those too.
        let _refused = context.api.create(event.into_object(), context.moment());
    }

    /// Records something through `events.k8s.io`, as the scheduler does. client-go's events broadcaster: the first
    /// repetition makes a series, later ones are only counted. The action follows from the reason.
    ///
    /// `reporter` is the scheduler's profile that says it, `related` a second object that it is about.
    pub fn record_series(
        &mut self,
        occurrence: &Occurrence,
        reporter: &str,
        related: Option<&Object>,
        context: &mut Context,
    ) {
        let identity = Identity {
            // The reference to the object is part of the key, with its resource version.
            version: occurrence.about.version(),
            ..identity(occurrence, None)
        };
        let now = context.api.clock().micro_time(context.now);
        let last = self
            .memory(occurrence.about)
            .recorded
            .get(&identity)
            .cloned();
        let last = last.filter(|last| context.now.since(last.at) < SERIES_INTERVAL);
        let Some(mut recorded) = last else {
            let recorded = Recorded {
                key: event_key(occurrence.about, context),
                count: 1,
                first: context.api.clock().time(context.now),
                at: context.now,
            };
            let body = crate::api::core::Event {
                event_time: Some(now),
                action: Some(action_of(occurrence.reason).to_owned()),
                related: related.map(|object| reference(object, None)),
                reporting_component: Some(reporter.to_owned()),
                reporting_instance: Some(format!("{reporter}-control-plane")),
                source: Some(EventSource::default()),
                ..body(occurrence)
            };
            let event = Event::new(meta(&recorded.key), body, ());
            let _refused = context.api.create(event.into_object(), context.moment());
            self.memory(occurrence.about)
                .recorded
                .insert(identity, recorded);
            return;
        };
        recorded.count += 1;
        let refresh = context.now.since(recorded.at) >= SERIES_REFRESH;
        if recorded.count == 2 || refresh {
            let series = EventSeries {
                count: Some(recorded.count),
                last_observed_time: Some(now),
            };
            let change = |body: &mut crate::api::core::Event| body.series = Some(series);
            let at = context.moment();
            // An event that is gone by now has no series to go on.
            let _written = context.api.patch_event(&recorded.key, change, at);
        }
        recorded.at = context.now;
        self.memory(occurrence.about)
            .recorded
            .insert(identity, recorded);
    }
}

impl Memory {
    /// client-go's EventAggregator: ten events that differ in the message only become one.
    fn aggregate(&mut self, occurrence: &mut Occurrence, now: SimTime) -> Identity {
        let group = (occurrence.warning, occurrence.reason);
        let similar = self.similar.entry(group).or_default();
        if now.since(similar.last) > SIMILAR_INTERVAL {
            similar.messages.clear();
        }
        let message = Message::new(&occurrence.message);
        similar.messages.insert(message.clone());
        similar.last = now;
        if similar.messages.len() < SIMILAR_MAX {
            return identity(occurrence, Some(message));
        }
        similar.messages.pop_first();
        occurrence.message =
            format!("(combined from similar events): {}", occurrence.message).into();
        Identity {
            field_path: None,
            ..identity(occurrence, None)
        }
    }

    /// client-go's EventSourceObjectSpamFilter: one bucket per source, object and type.
    fn has_token(&mut self, warning: bool, now: SimTime) -> bool {
        let bucket = self.spam.entry(warning).or_insert(Bucket {
            credit: SPAM_REFILL * SPAM_BURST,
            at: now,
        });
        bucket.credit = (bucket.credit + now.since(bucket.at)).min(SPAM_REFILL * SPAM_BURST);
        bucket.at = now;
        match bucket.credit.checked_sub(SPAM_REFILL) {
            Some(left) => {
                bucket.credit = left;
                true
            }
            None => false,
        }
    }
}

fn identity(occurrence: &Occurrence, message: Option<Message>) -> Identity {
    Identity {
        field_path: occurrence.field_path.clone(),
        warning: occurrence.warning,
        reason: occurrence.reason,
        message,
        version: 0,
    }
}

impl Message {
    fn new(text: &Rc<str>) -> Self {
        Self {
            digest: digest(text),
            text: Rc::clone(text),
        }
    }
}

/// What the scheduler was doing.
fn action_of(reason: &str) -> &'static str {
    match reason {
        "Scheduled" => "Binding",
        "Preempted" => "Preempting",
        _ => "Scheduling",
    }
}

/// A name for a new event. client-go: it ends in the nanoseconds of the first occurrence, in hex. Distinct
/// events of one microsecond differ by the store's version.
fn event_key(about: &Object, context: &Context) -> ObjectKey {
    let nanos = context
        .api
        .clock()
        .unix_micros(context.now)
        .wrapping_mul(1_000)
        + i64::try_from(context.api.store().version() % 1_000).unwrap_or(0);
    // Cluster-scoped objects have their events in `default`.
    let namespace = Some(about.namespace())
        .filter(|one| !one.is_empty())
        .unwrap_or("default");
    ObjectKey::new(
        Kind::Event,
        namespace,
        &format!("{}.{nanos:x}", about.name()),
    )
}

fn meta(key: &ObjectKey) -> ObjectMeta {
    ObjectMeta {
        name: Some(key.name.to_string()),
        namespace: Some(key.namespace.to_string()),
        ..Default::default()
    }
}

/// The part of an event that both styles share.
fn body(occurrence: &Occurrence) -> crate::api::core::Event {
    let type_ = if occurrence.warning {
        "Warning"
    } else {
        "Normal"
    };
    crate::api::core::Event {
        involved_object: reference(occurrence.about, occurrence.field_path.as_deref()),
        message: Some(occurrence.message.to_string()),
        reason: Some(occurrence.reason.to_owned()),
        type_: Some(type_.to_owned()),
        ..Default::default()
    }
}

/// A reference to an object, as events carry it.
fn reference(about: &Object, field_path: Option<&str>) -> ObjectReference {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ObjectReference {
        api_version: Some(about.kind().api_version()),
        kind: Some(about.kind().name().to_owned()),
        name: filled(about.name()),
        namespace: filled(about.namespace()),
        resource_version: Some(about.version().to_string()),
        uid: filled(about.uid()),
        field_path: field_path.map(str::to_owned),
    }
}

/// Raises the count of a stored event; false if it is not there.
fn count_once_more(recorded: &Recorded, message: &str, now: &Time, context: &mut Context) -> bool {
    let change = |body: &mut crate::api::core::Event| {
        body.count = Some(recorded.count);
        body.last_timestamp = Some(now.clone());
        // The newest of combined events is shown.
        if body.message.as_deref() != Some(message) {
            body.message = Some(message.to_owned());
        }
    };
    let at = context.moment();
    context.api.patch_event(&recorded.key, change, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Namespace, Pod};
    use crate::apiserver::{ApiServer, Clock, Moment};
    use crate::kernel::{Queue, Rng, Trace, TraceId};

    /// What is stored after a kubelet, or a scheduler, recorded `messages`, one a second: (message, count).
    fn check(series: bool, messages: &[String], expect: &[(&str, i32)]) {
        let mut recorder = Recorder::new("kubelet", "node-1");
        let mut api = ApiServer::new(Clock::default(), Rng::new(1));
        let (mut queue, mut trace) = (Queue::default(), Trace::default());
        let (now, cause) = (SimTime::ZERO, TraceId::ROOT);
        let named = |name: &str| ObjectMeta {
            name: Some(name.to_owned()),
            ..Default::default()
        };
        let namespace = Namespace::new(named("default"), Default::default(), Default::default());
        api.create(namespace.into_object(), Moment { now, cause })
            .unwrap();
        let mut about: Object =
            Pod::new(named("web"), Default::default(), Default::default()).into_object();
        about.meta_mut().namespace = Some("default".to_owned());
        for (second, message) in messages.iter().enumerate() {
            let mut context = Context {
                now: SimTime::from_secs(second as u64),
                cause,
                api: &mut api,
                queue: &mut queue,
                trace: &mut trace,
            };
            let occurrence = Occurrence {
                about: &about,
                field_path: None,
                warning: true,
                reason: "Unhealthy",
                message: message.as_str().into(),
            };
            match series {
                true => recorder.record_series(&occurrence, "mine", None, &mut context),
                false => recorder.record(occurrence, &mut context),
            }
        }
        let stored: Vec<(String, i32)> = api
            .list::<Event>(None)
            .map(|event| {
                let series = event.spec.series.as_ref().and_then(|series| series.count);
                let count = series.or(event.spec.count).unwrap_or(1);
                (event.spec.message.clone().unwrap_or_default(), count)
            })
            .collect();
        let expect: Vec<(String, i32)> = expect
            .iter()
            .map(|(text, count)| ((*text).to_owned(), *count))
            .collect();
        assert_eq!(stored, expect);
    }

    #[test]
    fn repetitions_are_counted_and_spam_is_held_back() {
        let same = |count| vec!["no".to_owned(); count];
        check(false, &same(3), &[("no", 3)]);
        // 25 at once and none for 5 minutes, but then the count is that of all.
        check(false, &same(60), &[("no", 25)]);
        check(false, &same(301), &[("no", 301)]);
    }

    #[test]
    fn ten_similar_events_are_combined() {
        let messages: Vec<String> = (1..=12).map(|n| format!("failure {n}")).collect();
        let mut expect: Vec<(String, i32)> = messages[..9].iter().map(|m| (m.clone(), 1)).collect();
        expect.push(("(combined from similar events): failure 12".to_owned(), 3));
        let expect: Vec<(&str, i32)> = expect.iter().map(|(m, n)| (m.as_str(), *n)).collect();
        check(false, &messages, &expect);
    }

    #[test]
    fn series_are_written_at_the_first_repetition() {
        let messages = vec!["0/3 nodes are available".to_owned(); 4];
        check(true, &messages, &[("0/3 nodes are available", 2)]);
    }
}
