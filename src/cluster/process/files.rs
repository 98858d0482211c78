//! The files of a container: the image's tree, the container's changes to it, and the volumes
//! mounted over it, which containers of a pod share.

use crate::kernel::{OrderedMap, OrderedSet};
use std::rc::Rc;

use super::image::ImageName;

mod base;
mod changes;
mod error;
mod normal;
mod tree;

pub use error::FileError;
pub use normal::normalize;
pub use tree::{Node, Tree};

use changes::{Change, Changes};

/// Names a volume of a pod: `spec.volumes[].name`, or anything else the owner chooses.
pub type VolumeId = Rc<str>;

/// The contents of a pod's volumes. All containers of the pod see the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    trees: OrderedMap<VolumeId, Rc<Tree>>,
}

/// A volume mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Which volume.
    pub volume: VolumeId,
    /// The part of the volume that is seen, without leading `/`; empty for all of it. It may name
    /// a single file.
    pub sub_path: String,
    /// Whether writing fails with `Read-only file system`.
    pub read_only: bool,
}

/// The file tree of one container. Made anew for each start of the container: what it wrote
/// outside of volumes is lost when it restarts.
///
/// Cloning is cheap: the image's tree is shared, and changes are shared until one copy writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    image: Rc<Tree>,
    changes: Changes,
    mounts: Rc<OrderedMap<String, Mount>>,
    read_only_root: bool,
}

/// Where a path leads once links and mounts are followed.
enum Place {
    /// Into the container's own tree, at this absolute path.
    Own(String),
    /// Into a volume, at this path relative to its root.
    Volume {
        volume: VolumeId,
        path: String,
        read_only: bool,
    },
}

impl Volumes {
    /// Adds an empty volume; keeps one that exists.
    pub fn create(&mut self, volume: &str) {
        self.trees.entry(Rc::from(volume)).or_default();
    }

    /// Whether the volume exists.
    #[must_use]
    pub fn contains(&self, volume: &str) -> bool {
        self.trees.contains_key(volume)
    }

    /// The content of a volume.
    #[must_use]
    pub fn tree(&self, volume: &str) -> Option<&Tree> {
        self.trees.get(volume).map(Rc::as_ref)
    }

    /// Replaces the whole content, as the kubelet does when a ConfigMap or Secret changes: all
    /// files at once. Paths are relative; parent directories appear by themselves.
    pub fn replace(&mut self, volume: &str, files: impl IntoIterator<Item = (String, String)>) {
        let mut tree = Tree::default();
        for (path, content) in files {
            tree.put_file(&path, content);
        }
        self.trees.insert(Rc::from(volume), Rc::new(tree));
    }

    /// Puts a tree in place of the volume's content, such as one that another pod wrote to the
    /// same host path or persistent volume.
    pub fn set_tree(&mut self, volume: &str, tree: Rc<Tree>) {
        self.trees.insert(Rc::from(volume), tree);
    }

    /// The content as a shared tree, to keep after the pod is gone.
    #[must_use]
    pub fn shared_tree(&self, volume: &str) -> Option<Rc<Tree>> {
        self.trees.get(volume).cloned()
    }

    /// Removes a volume with its content.
    pub fn remove(&mut self, volume: &str) {
        self.trees.remove(volume);
    }

    /// Bytes held by a volume, for `sizeLimit` and ephemeral storage.
    #[must_use]
    pub fn used_bytes(&self, volume: &str) -> u64 {
        self.trees.get(volume).map_or(0, |tree| tree.used_bytes())
    }

    fn tree_mut(&mut self, volume: &VolumeId) -> &mut Tree {
        Rc::make_mut(self.trees.entry(Rc::clone(volume)).or_default())
    }
}

impl Files {
    /// The tree of a fresh container of `image`. It is built anew: an owner with many containers
    /// of one image keeps the first and takes [`Self::pristine`] copies, which share it.
    #[must_use]
    pub fn for_image(image: &ImageName) -> Self {
        Self {
            image: Rc::new(base::tree_of(image)),
            changes: Changes::default(),
            mounts: Rc::default(),
            read_only_root: false,
        }
    }

    /// A fresh container's tree over the same image with the same mounts: all changes are gone.
    #[must_use]
    pub fn pristine(&self) -> Self {
        Self {
            changes: Changes::default(),
            ..self.clone()
        }
    }

    /// Mounts a volume at an absolute path, over whatever is there.
    pub fn mount(&mut self, path: &str, mount: Mount) {
        Rc::make_mut(&mut self.mounts).insert(normalize("/", path), mount);
    }

    /// Makes everything outside of volumes read-only
    /// (`securityContext.readOnlyRootFilesystem`).
    pub fn set_read_only_root(&mut self, read_only: bool) {
        self.read_only_root = read_only;
    }

    /// Puts a file as the runtime does before the container starts (`/etc/hosts`,
    /// `/etc/resolv.conf`, `/etc/hostname`): outside of what the program is charged for.
    pub fn provide(&mut self, path: &str, content: Rc<String>) {
        let path = normalize("/", path);
        let node = Node::File {
            content,
            zero_bytes: 0,
        };
        self.changes.insert(path, Change::Put(node));
    }

    /// Bytes written by the container outside of volumes (its writable layer).
    #[must_use]
    pub const fn used_bytes(&self) -> u64 {
        self.changes.bytes()
    }

    /// The node at an absolute path, links followed.
    ///
    /// # Errors
    /// [`FileError::NoSuchFile`], [`FileError::NotDirectory`] where a file stands in the way,
    /// [`FileError::TooManyLinks`].
    pub fn node(&self, volumes: &Volumes, path: &str) -> Result<Node, FileError> {
        // Nothing stands below a link, so what is found at a path as it is written is there: the usual case.
        let at_once = match normal::is_normal(path) {
            true => self.node_without_links(volumes, path),
            false => self.node_without_links(volumes, &normalize("/", path)),
        };
        if let Some(node @ (Node::File { .. } | Node::Directory)) = at_once {
            return Ok(node);
        }
        let place = self.resolve(volumes, path, true)?;
        self.node_at(volumes, &place).ok_or(FileError::NoSuchFile)
    }

    /// The text of a file.
    ///
    /// # Errors
    /// As [`Self::node`], and [`FileError::IsDirectory`].
    pub fn read(&self, volumes: &Volumes, path: &str) -> Result<Rc<String>, FileError> {
        match self.node(volumes, path)? {
            Node::File { content, .. } => Ok(content),
            Node::Directory => Err(FileError::IsDirectory),
            Node::Link(_) => Err(FileError::TooManyLinks),
        }
    }

    /// Whether something is there.
    #[must_use]
    pub fn exists(&self, volumes: &Volumes, path: &str) -> bool {
        self.node(volumes, path).is_ok()
    }

    /// Whether a directory is there.
    #[must_use]
    pub fn is_directory(&self, volumes: &Volumes, path: &str) -> bool {
        matches!(self.node(volumes, path), Ok(Node::Directory))
    }

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// As [`Self::node`], and [`FileError::NotDirectory`].
    pub fn list(&self, volumes: &Volumes, path: &str) -> Result<Vec<String>, FileError> {
        if !matches!(self.node(volumes, path)?, Node::Directory) {
            return Err(FileError::NotDirectory);
        }
        let mut names = OrderedSet::new();
        match self.resolve(volumes, path, true)? {
            Place::Volume { volume, path, .. } => {
                let tree = volumes.trees.get(&volume);
                names.extend(tree.into_iter().flat_map(|tree| tree.children(&path)));
            }
            Place::Own(path) => {
                names.extend(self.image.children(path.trim_start_matches('/')));
                let prefix = if path == "/" {
                    "/".to_owned()
                } else {
                    format!("{path}/")
                };
                for (name, change) in self.changes.below(&prefix) {
                    match change {
                        Change::Removed => {
                            names.remove(name);
                        }
                        Change::Put(_) if !name.contains('/') => {
                            names.insert(name.to_owned());
                        }
                        Change::Put(_) => {}
                    }
                }
            }
        }
        let directory = normalize("/", path);
        let prefix = if directory == "/" {
            directory
        } else {
            format!("{directory}/")
        };
        for point in self.mounts.keys() {
            if let Some(rest) = point.strip_prefix(&prefix) {
                names.extend(
                    rest.split('/')
                        .next()
                        .filter(|n| !n.is_empty())
                        .map(str::to_owned),
                );
            }
        }
        Ok(names.into_iter().collect())
    }

    /// Writes a file: replaces it, or appends to it. The directory must exist.
    ///
    /// # Errors
    /// [`FileError::NoSuchFile`] without the directory, [`FileError::IsDirectory`],
    /// [`FileError::ReadOnly`].
    pub fn write(
        &mut self,
        volumes: &mut Volumes,
        path: &str,
        text: &str,
        append: bool,
    ) -> Result<(), FileError> {
        self.change_file(volumes, path, |content, _| {
            if !append {
                content.clear();
            }
            content.push_str(text);
        })
    }

    /// Sets the size of a file; what is added are zeros, which take no memory here.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn set_size(
        &mut self,
        volumes: &mut Volumes,
        path: &str,
        size_bytes: u64,
    ) -> Result<(), FileError> {
        self.change_file(volumes, path, |content, zero_bytes| {
            let length = content.len() as u64;
            if size_bytes < length {
                let mut end = usize::try_from(size_bytes).unwrap_or(0);
                while !content.is_char_boundary(end) {
                    end -= 1;
                }
                content.truncate(end);
            }
            *zero_bytes = size_bytes.saturating_sub(content.len() as u64);
        })
    }

    fn change_file(
        &mut self,
        volumes: &mut Volumes,
        path: &str,
        change: impl FnOnce(&mut String, &mut u64),
    ) -> Result<(), FileError> {
        let place = self.resolve(volumes, path, true)?;
        let node = match self.node_at(volumes, &place) {
            Some(Node::Directory) => return Err(FileError::IsDirectory),
            Some(node) => Some(node),
            None => {
                self.require_parent(volumes, path)?;
                None
            }
        };
        self.require_writable(&place)?;
        // Take the node out, so that its content is held once and appending copies nothing.
        let node = match &place {
            Place::Own(path) => {
                let own = self.changes.remove(path);
                match own {
                    Some(Change::Put(own)) => {
                        drop(node);
                        Some(own)
                    }
                    _ => node,
                }
            }
            Place::Volume { volume, path, .. } => {
                drop(node);
                volumes.tree_mut(volume).take(path)
            }
        };
        let (mut content, mut zero_bytes) = match node {
            Some(Node::File {
                content,
                zero_bytes,
            }) => (content, zero_bytes),
            _ => (Rc::default(), 0),
        };
        change(Rc::make_mut(&mut content), &mut zero_bytes);
        self.put(
            volumes,
            place,
            Node::File {
                content,
                zero_bytes,
            },
        );
        Ok(())
    }

    /// Makes a directory whose parent exists.
    ///
    /// # Errors
    /// [`FileError::Exists`], [`FileError::NoSuchFile`], [`FileError::ReadOnly`].
    pub fn make_directory(&mut self, volumes: &mut Volumes, path: &str) -> Result<(), FileError> {
        self.add(volumes, path, Node::Directory)
    }

    /// Makes a symbolic link to `target`, which need not exist.
    ///
    /// # Errors
    /// [`FileError::Exists`], [`FileError::NoSuchFile`], [`FileError::ReadOnly`].
    pub fn make_link(
        &mut self,
        volumes: &mut Volumes,
        path: &str,
        target: &str,
    ) -> Result<(), FileError> {
        self.add(volumes, path, Node::Link(Rc::from(target)))
    }

    fn add(&mut self, volumes: &mut Volumes, path: &str, node: Node) -> Result<(), FileError> {
        let place = self.resolve(volumes, path, false)?;
        if self.node_at(volumes, &place).is_some() {
            return Err(FileError::Exists);
        }
        self.require_parent(volumes, path)?;
        self.require_writable(&place)?;
        self.put(volumes, place, node);
        Ok(())
    }

    /// Removes a file, a link, or an empty directory.
    ///
    /// # Errors
    /// [`FileError::NoSuchFile`], [`FileError::NotEmpty`], [`FileError::Busy`] for a mount point,
    /// [`FileError::ReadOnly`].
    pub fn remove(&mut self, volumes: &mut Volumes, path: &str) -> Result<(), FileError> {
        let place = self.resolve(volumes, path, false)?;
        let node = self.node_at(volumes, &place).ok_or(FileError::NoSuchFile)?;
        if self.mounts.contains_key(&normalize("/", path)) {
            return Err(FileError::Busy);
        }
        if node == Node::Directory && !self.list(volumes, path)?.is_empty() {
            return Err(FileError::NotEmpty);
        }
        self.require_writable(&place)?;
        match place {
            Place::Own(path) => {
                if self.image.get(path.trim_start_matches('/')).is_some() {
                    self.changes.insert(path, Change::Removed);
                } else {
                    self.changes.remove(&path);
                }
            }
            Place::Volume { volume, path, .. } => {
                volumes.tree_mut(&volume).take(&path);
            }
        }
        Ok(())
    }

    fn put(&mut self, volumes: &mut Volumes, place: Place, node: Node) {
        match place {
            Place::Own(path) => {
                self.changes.insert(path, Change::Put(node));
            }
            Place::Volume { volume, path, .. } => volumes.tree_mut(&volume).put(&path, node),
        }
    }

    fn require_writable(&self, place: &Place) -> Result<(), FileError> {
        let read_only = match place {
            Place::Own(path) => self.read_only_root && !base::is_always_writable(path),
            Place::Volume { read_only, .. } => *read_only,
        };
        if read_only {
            Err(FileError::ReadOnly)
        } else {
            Ok(())
        }
    }

    fn require_parent(&self, volumes: &Volumes, path: &str) -> Result<(), FileError> {
        let path = normalize("/", path);
        let parent = path.rsplit_once('/').map_or("/", |(parent, _)| parent);
        match self.node(volumes, if parent.is_empty() { "/" } else { parent })? {
            Node::Directory => Ok(()),
            _ => Err(FileError::NotDirectory),
        }
    }

    /// The node at a path in which no links are followed.
    fn node_without_links(&self, volumes: &Volumes, path: &str) -> Option<Node> {
        match self.mount_above(path) {
            None => self.own_node(path),
            Some(_) => self.node_at(volumes, &self.place_of(path)),
        }
    }

    fn node_at(&self, volumes: &Volumes, place: &Place) -> Option<Node> {
        match place {
            Place::Volume { volume, path, .. } => {
                let tree = volumes.trees.get(volume);
                match tree {
                    Some(tree) => tree.get(path),
                    // A mount of a volume that was never filled is an empty directory.
                    None => path.is_empty().then_some(Node::Directory),
                }
            }
            Place::Own(path) => self.own_node(path),
        }
    }

    /// What the container's own tree has at an absolute path.
    fn own_node(&self, path: &str) -> Option<Node> {
        match self.changes.get(path) {
            Some(Change::Put(node)) => Some(node.clone()),
            Some(Change::Removed) => None,
            None => self
                .image
                .get(path.trim_start_matches('/'))
                .or_else(|| self.leads_to_mount(path).then_some(Node::Directory)),
        }
    }

    /// Directories that exist only because something is mounted below them.
    fn leads_to_mount(&self, path: &str) -> bool {
        self.mounts.keys().any(|point| {
            point
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// The path behind links, mounts not followed; the path itself where it leads nowhere.
    #[must_use]
    pub fn real_path(&self, volumes: &Volumes, path: &str) -> String {
        self.follow(volumes, path, true)
            .unwrap_or_else(|_| normalize("/", path))
    }

    /// Follows links (the last one only if `follow_last`) and mounts.
    fn resolve(
        &self,
        volumes: &Volumes,
        path: &str,
        follow_last: bool,
    ) -> Result<Place, FileError> {
        self.follow(volumes, path, follow_last)
            .map(|path| self.place_of(&path))
    }

    fn follow(
        &self,
        volumes: &Volumes,
        path: &str,
        follow_last: bool,
    ) -> Result<String, FileError> {
        const MOST_LINKS: u32 = 8;
        let mut path = normalize("/", path);
        'again: for _ in 0..=MOST_LINKS {
            let mut end = 0;
            while end < path.len() {
                let rest = &path[end + 1..];
                end = rest.find('/').map_or(path.len(), |next| end + 1 + next);
                let is_last = end == path.len();
                if is_last && !follow_last {
                    break;
                }
                match self.node_without_links(volumes, &path[..end]) {
                    Some(Node::Link(target)) => {
                        let parent = path[..end].rsplit_once('/').map_or("/", |(p, _)| p);
                        path = normalize(parent, &format!("{target}{}", &path[end..]));
                        continue 'again;
                    }
                    Some(Node::File { .. }) if !is_last => return Err(FileError::NotDirectory),
                    Some(_) => {}
                    None if is_last => {}
                    None => return Err(FileError::NoSuchFile),
                }
            }
            return Ok(path);
        }
        Err(FileError::TooManyLinks)
    }

    /// Where a path without links lies: in the innermost mount above it.
    fn place_of(&self, path: &str) -> Place {
        let Some((point, mount)) = self.mount_above(path) else {
            return Place::Own(path.to_owned());
        };
        let rest = path[point.len()..].trim_start_matches('/');
        let inner = format!("{}/{rest}", mount.sub_path);
        Place::Volume {
            volume: Rc::clone(&mount.volume),
            path: inner.trim_matches('/').to_owned(),
            read_only: mount.read_only,
        }
    }

    /// The innermost mount at or above a path, and where it is.
    fn mount_above(&self, path: &str) -> Option<(&str, &Mount)> {
        let is_above = |point: &str| match path.strip_prefix(point) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        };
        // Of those above the path the innermost is the last in order.
        let mut mounts = self.mounts.iter().rev();
        let (point, mount) = mounts.find(|(point, _)| is_above(point))?;
        Some((point, mount))
    }
}

#[cfg(test)]
mod tests;
