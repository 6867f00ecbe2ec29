//! The `SSL` table.

use std::collections::BTreeMap;

use crate::vswitch::row::rows;

rows! {
    /// The files of the switch's keys and certificates.
    Ssl in "SSL" {
        /// Path of the private key.
        required private_key: String = PRIVATE_KEY "private_key",
        /// Path of the certificate.
        required certificate: String = CERTIFICATE "certificate",
        /// Path of the certificate authority.
        required ca_cert: String = CA_CERT "ca_cert",
        /// Whether the authority is taken from the first connection.
        required bootstrap_ca_cert: bool = BOOTSTRAP_CA_CERT "bootstrap_ca_cert",
        /// Keys for others.
        required external_ids: BTreeMap<String, String> = EXTERNAL_IDS "external_ids",
    }
}
