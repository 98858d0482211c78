//! What the plugins know of every node for pods of one form, kept from cycle to cycle.
//!
//! Most pods that come one after another are alike but for their names. What a plugin says of a node about
//! one of them holds for the next until the node changes, so only changed nodes are asked again; plugins
//! that count pods over all nodes are told of the difference.

use std::borrow::Cow;
use std::rc::Rc;

use crate::api::Node;
use crate::api::scheduler_configuration::Profile;
use crate::kernel::OrderedSet;

use super::explanation::Rejection;
use super::filters::FILTERS;
use super::nodes::{NodeInfo, Nodes};
use super::plugin::{Counted, Judge, Preparation, Refusal, ScorePlugin, Scoring, Verdict};
use super::pod_info::PodInfo;
use super::scores::SCORES;

/// The plugins as prepared for pods of one form, with what they have said so far.
pub struct Template {
    pod: Rc<PodInfo>,
    shape: u64,
    /// The plugin that rejects every node, with its reason.
    pub rejected_outright: Option<(&'static str, Cow<'static, str>)>,
    /// The only nodes that can pass, if plugins narrowed the search, and those plugins.
    pub among: Option<OrderedSet<String>>,
    /// The plugins that narrowed the search.
    pub narrowed_by: Vec<&'static str>,
    judges: Vec<(&'static str, Judge)>,
    counted: Vec<(&'static str, Box<dyn Counted>)>,
    /// Whether one of the counting plugins is asked before one of the judges.
    counts_early: bool,
    /// The plugins that score, what their scores count, and how.
    scorers: Vec<(&'static ScorePlugin, i64, Scoring)>,
    /// What the judges said of each slot, and in which generation.
    verdicts: Vec<(u64, Option<Rc<Rejection>>)>,
    /// The refusals of counting plugins so far, each made once.
    refusals: Vec<((&'static str, Refusal), Rc<Rejection>)>,
    /// In which generation the scorers that need no counting were asked about each slot.
    scored: Vec<u64>,
    /// What they said: for each slot as many scores as there are scorers.
    raw: Vec<i64>,
    /// The nodes as the counting plugins know them.
    seen: Vec<(u64, Option<Rc<NodeInfo>>)>,
}

impl Template {
    fn new(pod: &Rc<PodInfo>, nodes: &Nodes) -> Self {
        let mut template = Self {
            pod: Rc::clone(pod),
            shape: nodes.shape(),
            rejected_outright: None,
            among: None,
            narrowed_by: Vec::new(),
            judges: Vec::new(),
            counted: Vec::new(),
            counts_early: false,
            scorers: Vec::new(),
            verdicts: Vec::new(),
            refusals: Vec::new(),
            scored: Vec::new(),
            raw: Vec::new(),
            seen: Vec::new(),
        };
        let profile = pod.profile.as_deref();
        for plugin in FILTERS {
            let off = |profile: &Profile| is_named(&profile.disabled_filters, plugin.name);
            if profile.is_some_and(off) {
                continue;
            }
            match (plugin.prepare)(pod, nodes) {
                Preparation::Skip => {}
                Preparation::Filter(judge) => template.add_judge(plugin.name, judge),
                Preparation::FilterAmong(names, judge) => {
                    template.narrow(plugin.name, names);
                    template.add_judge(plugin.name, judge);
                }
                Preparation::Count(counted) => template.counted.push((plugin.name, counted)),
                Preparation::Reject(reason) => {
                    template.rejected_outright = Some((plugin.name, reason));
                    return template;
                }
            }
        }
        for plugin in SCORES {
            let of_profile = |profile: &Profile| {
                let mut weights = profile.weights.iter();
                weights
                    .find(|weight| weight.0 == plugin.name)
                    .map(|weight| weight.1)
            };
            let Some(weight) = profile.map_or(Some(plugin.weight), of_profile) else {
                continue;
            };
            match (plugin.prepare)(pod, nodes) {
                Scoring::Skip => {}
                scoring => template.scorers.push((plugin, weight, scoring)),
            }
        }
        template
    }

    fn add_judge(&mut self, plugin: &'static str, judge: Judge) {
        self.counts_early |= !self.counted.is_empty();
        self.judges.push((plugin, judge));
    }

    fn narrow(&mut self, plugin: &'static str, names: OrderedSet<String>) {
        self.among = Some(match self.among.take() {
            None => names,
            Some(others) => others
                .iter()
                .filter(|name| names.contains(*name))
                .cloned()
                .collect(),
        });
        self.narrowed_by.push(plugin);
    }

    /// Makes room for all slots, and tells the counting plugins what has changed since the last cycle.
    fn catch_up(&mut self, nodes: &Nodes) {
        let slots = nodes.generations().len();
        self.verdicts.resize(slots, (0, None));
        self.scored.resize(slots, 0);
        self.raw.resize(slots * self.scorers.len(), 0);
        self.seen.resize(slots, (0, None));
        let counts = |scoring: &(_, _, Scoring)| matches!(scoring.2, Scoring::Count(_));
        if self.counted.is_empty() && !self.scorers.iter().any(counts) {
            return;
        }
        for (slot, generation) in nodes.generations().iter().enumerate() {
            if self.seen[slot].0 != *generation {
                let new = nodes.at(slot);
                let new = Some(Rc::clone(new)).filter(|node| node.node.is_some());
                let old = std::mem::replace(&mut self.seen[slot], (*generation, new.clone())).1;
                self.tell(old.as_deref(), new.as_deref());
            }
        }
    }

    fn tell(&mut self, old: Option<&NodeInfo>, new: Option<&NodeInfo>) {
        if let (Some(old), Some(new)) = (old, new)
            && is_same(old.node.as_ref(), new.node.as_ref())
        {
            let common = old.pods.iter().zip(&new.pods);
            let common = common.take_while(|(a, b)| Rc::ptr_eq(a, b)).count();
            for (pods, node, by) in [(&old.pods, old, -1), (&new.pods, new, 1)] {
                for pod in &pods[common..] {
                    self.shift(pod, node, by);
                }
            }
            return;
        }
        if let Some(node) = old {
            for pod in &node.pods {
                self.shift(pod, node, -1);
            }
            self.each_counted(&mut |counted| counted.count_node(node, -1));
        }
        if let Some(node) = new {
            self.each_counted(&mut |counted| counted.count_node(node, 1));
            for pod in &node.pods {
                self.shift(pod, node, 1);
            }
        }
    }

    fn each_counted(&mut self, tell: &mut dyn FnMut(&mut dyn Counted)) {
        for (_, counted) in &mut self.counted {
            tell(counted.as_mut());
        }
        for (.., scoring) in &mut self.scorers {
            if let Scoring::Count(counted) = scoring {
                tell(counted.as_mut());
            }
        }
    }

    /// Tells the counting plugins that a pod came to a node (1) or left it (-1), in truth or in a "what if".
    pub fn shift(&mut self, pod: &PodInfo, node: &NodeInfo, by: i64) {
        self.each_counted(&mut |counted| counted.count_pod(pod, node, by));
    }

    /// The filters that have something to do, in the order in which they are asked.
    pub fn filters(&self) -> impl Iterator<Item = &'static str> {
        let judges = || self.judges.iter().map(|(name, _)| *name);
        let counted = || {
            self.counted
                .iter()
                .filter(|(_, counted)| counted.is_active())
        };
        FILTERS
            .iter()
            .map(|plugin| plugin.name)
            .filter(move |name| {
                judges()
                    .chain(counted().map(|(name, _)| *name))
                    .any(|one| one == *name)
            })
    }

    /// Why a node cannot take the pod; the first rejection settles it.
    pub fn rejection(&mut self, slot: usize, nodes: &Nodes) -> Option<Rc<Rejection>> {
        let (generation, node) = (nodes.generations()[slot], nodes.at(slot));
        if self.verdicts[slot].0 != generation {
            self.verdicts[slot] = (generation, self.judge(node).map(Rc::new));
        }
        let judged = self.verdicts[slot].1.as_ref();
        let Some((plugin, refusal)) = self.judge_counted(node, judged.map(Rc::as_ref)) else {
            return judged.cloned();
        };
        let mut known = self.refusals.iter();
        if let Some((_, rejection)) = known.find(|(known, _)| *known == (plugin, refusal)) {
            return Some(Rc::clone(rejection));
        }
        let rejection = Rc::new(of_refusal(plugin, refusal));
        self.refusals
            .push(((plugin, refusal), Rc::clone(&rejection)));
        Some(rejection)
    }

    /// The same for a node that is not as it is, but as it would be.
    pub fn rejection_if(&self, node: &NodeInfo) -> Option<Rejection> {
        let judged = self.judge(node);
        match self.judge_counted(node, judged.as_ref()) {
            Some((plugin, refusal)) => Some(of_refusal(plugin, refusal)),
            None => judged,
        }
    }

    fn judge(&self, node: &NodeInfo) -> Option<Rejection> {
        let mut judges = self.judges.iter();
        judges.find_map(|(plugin, judge)| rejection(plugin, judge(&self.pod, node)))
    }

    /// What the counting plugins say of a node, as far as they are asked before the one that has rejected it.
    fn judge_counted(
        &self,
        node: &NodeInfo,
        judged: Option<&Rejection>,
    ) -> Option<(&'static str, Refusal)> {
        if judged.is_some() && !self.counts_early {
            return None;
        }
        let place = |name: &str| FILTERS.iter().position(|plugin| plugin.name == name);
        let is_first =
            |plugin: &str| judged.is_none_or(|judged| place(plugin) < place(judged.plugin));
        let mut active = self
            .counted
            .iter()
            .filter(|(plugin, counted)| counted.is_active() && is_first(plugin));
        active.find_map(|(plugin, counted)| Some((*plugin, counted.judge(node)?)))
    }

    /// The raw scores of nodes by every plugin that has something to say.
    pub fn scores(
        &mut self,
        passed: &[usize],
        nodes: &Nodes,
    ) -> Vec<(&'static ScorePlugin, i64, Vec<i64>)> {
        for slot in passed {
            self.score_slot(*slot, nodes);
        }
        let counts = |scoring: &(_, _, Scoring)| matches!(scoring.2, Scoring::Count(_));
        let infos: Vec<&NodeInfo> = if self.scorers.iter().any(counts) {
            passed.iter().map(|slot| &**nodes.at(*slot)).collect()
        } else {
            Vec::new()
        };
        let width = self.scorers.len();
        let mut scores = Vec::with_capacity(width);
        for (index, (plugin, weight, scoring)) in self.scorers.iter_mut().enumerate() {
            let of_plugin = match scoring {
                Scoring::Count(counted) if counted.is_active() => {
                    counted.begin(&infos);
                    infos.iter().map(|node| counted.score(node)).collect()
                }
                Scoring::Score(_) => {
                    let raw = passed.iter().map(|slot| self.raw[slot * width + index]);
                    raw.collect()
                }
                Scoring::Count(_) | Scoring::Skip => continue,
            };
            scores.push((*plugin, *weight, of_plugin));
        }
        scores
    }

    fn score_slot(&mut self, slot: usize, nodes: &Nodes) {
        let generation = nodes.generations()[slot];
        if self.scored[slot] == generation {
            return;
        }
        self.scored[slot] = generation;
        let width = self.scorers.len();
        for (index, (.., scoring)) in self.scorers.iter().enumerate() {
            if let Scoring::Score(score) = scoring {
                self.raw[slot * width + index] = score(&self.pod, nodes.at(slot), nodes);
            }
        }
    }
}

fn is_named(names: &[String], name: &str) -> bool {
    names.iter().any(|one| one == name)
}

/// Whether both are one version of one node.
fn is_same(one: Option<&Node>, other: Option<&Node>) -> bool {
    one.zip(other).is_some_and(|(one, other)| {
        Rc::ptr_eq(&one.meta, &other.meta)
            && Rc::ptr_eq(&one.spec, &other.spec)
            && Rc::ptr_eq(&one.status, &other.status)
    })
}

fn rejection(plugin: &'static str, verdict: Verdict) -> Option<Rejection> {
    match verdict {
        Verdict::Pass => None,
        Verdict::Reject {
            reasons,
            resolvable,
        } => Some(Rejection {
            plugin,
            reasons,
            resolvable,
        }),
    }
}

fn of_refusal(plugin: &'static str, refusal: Refusal) -> Rejection {
    Rejection {
        plugin,
        reasons: vec![refusal.reason.into()],
        resolvable: refusal.resolvable,
    }
}

/// The templates used last. They are no part of the state of the world: what they say can be worked out anew
/// at any time, so a copy of the world begins without them.
#[derive(Default)]
pub struct Templates(Vec<Template>);

/// How many forms of pods are remembered; each costs some hundred bytes per node.
const REMEMBERED_TEMPLATES: usize = 4;

impl Templates {
    /// Takes the template for a pod out of the memory, or makes one; it is up to date with the nodes.
    pub fn take(&mut self, pod: &Rc<PodInfo>, nodes: &Nodes) -> Template {
        self.0.retain(|template| template.shape == nodes.shape());
        let known = self.0.iter().position(|known| known.pod.is_alike(pod));
        let mut template = match known {
            Some(index) => self.0.remove(index),
            None => Template::new(pod, nodes),
        };
        template.catch_up(nodes);
        template
    }

    /// Puts a template back.
    pub fn keep(&mut self, template: Template) {
        self.0.insert(0, template);
        self.0.truncate(REMEMBERED_TEMPLATES);
    }
}

impl Clone for Templates {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "{} templates", self.0.len())
    }
}
