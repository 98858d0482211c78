//! kubectl: command line to text.
