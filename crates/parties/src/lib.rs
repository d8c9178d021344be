//! Who receives what: who stands behind a host, an address or a request, by tables that are built in and by
//! lists that are handed in.
//!
//! Pure. Where each table is from, with date, licence and checksum, is in `knowledge/SOURCES.md`; each answer
//! names its [`Source`]. A table is unpacked when it is first asked.
//!
//! ```
//! use parties::{Request, decode, organisation, registrable};
//!
//! assert_eq!(registrable("o1.ingest.sentry.io"), Some("sentry.io"));
//! assert_eq!(organisation("app-measurement.com").unwrap().organisation, "Google");
//! let request = Request {
//!     method: "POST",
//!     scheme: "https",
//!     host: "graph.facebook.com",
//!     path_and_query: "/v16.0/1/activities",
//!     body: br#"{"advertiser_id":"00000000-1111"}"#,
//!     ..Request::default()
//! };
//! assert_eq!(decode(&request)[0].property, "advertisingId");
//! ```
#![forbid(unsafe_code)]

mod address;
mod asn;
mod country;
mod domain;
mod lists;
mod organisation;
mod source;
mod trackers;
mod value;

pub use address::is_reserved;
pub use asn::{Asn, AsnError, AsnTable};
pub use country::{Country, country};
pub use domain::{registrable, within};
pub use lists::Lists;
pub use organisation::{Party, Purpose, organisation};
pub use source::{ASN_COUNTRY, HOSTS, SOURCES, Source, THIRD_PARTY_WEB, TRACKHAR};
pub use trackers::{BODY_MAX, Context, FIELDS_MAX, Request, TrackerField, decode};
