//! The API server: requests in, objects or `Status` out.
