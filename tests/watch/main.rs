//! What has changed, told over real sockets: streams, pages, histories, and the model as it was.
#![allow(clippy::unwrap_used)]

mod client;
mod controllers;
mod history;
mod house;
#[path = "../support/mariadb.rs"]
mod mariadb;
mod pages;
mod past;
mod slow;
mod streams;
