//! The sync and the async client.

pub(crate) mod async_client;
pub(crate) mod cancel_flag;
pub(crate) mod open;
pub(crate) mod open_client;
pub(crate) mod opened;
pub(crate) mod pages;
pub(crate) mod sync_client;
pub(crate) mod view;
pub(crate) mod wait;
