//! The OpenStack Networking API.
