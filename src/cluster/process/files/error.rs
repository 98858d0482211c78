//! Why a file cannot be used, in the words of the C library.

use std::fmt;

/// Why something could not be done to a file; displayed in the words of `strerror(3)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// ENOENT.
    NoSuchFile,
    /// EISDIR.
    IsDirectory,
    /// ENOTDIR.
    NotDirectory,
    /// EROFS.
    ReadOnly,
    /// EEXIST.
    Exists,
    /// ENOTEMPTY.
    NotEmpty,
    /// EBUSY: a mount point can be neither removed nor replaced.
    Busy,
    /// ELOOP.
    TooManyLinks,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchFile => "No such file or directory",
            Self::IsDirectory => "Is a directory",
            Self::NotDirectory => "Not a directory",
            Self::ReadOnly => "Read-only file system",
            Self::Exists => "File exists",
            Self::NotEmpty => "Directory not empty",
            Self::Busy => "Resource busy",
            Self::TooManyLinks => "Too many levels of symbolic links",
        })
    }
}
