//! Parameters of passwords, users and TLS.

use super::super::choices::AclPubsubDefault;
use super::super::value::{Reason, Value, Words};
use super::{INT_MAX, PORT_MAX, Param, field};

const TLS: &str = "TLS";

const TLS_AUTH: Words = &[("no", 0), ("yes", 1), ("optional", 2)];
const TLS_USER: Words = &[("CN", 0), ("URI", 1), ("off", 2)];

pub(super) const PARAMS: &[Param] = &[
    Param::optional(
        "requirepass",
        "The password of the default user; none: no password.",
    )
    .at(field!(requirepass))
    .secret(),
    Param::text(
        "aclfile",
        "",
        "The file of users; none: they stand in the configuration.",
    )
    .at(field!(aclfile))
    .restart(),
    Param::int(
        "acllog-max-len",
        (0, i64::MAX),
        "128",
        "The longest log of refusals (`ACL LOG`).",
    )
    .at(field!(acllog_max_len)),
    Param::choice(
        "acl-pubsub-default",
        AclPubsubDefault::WORDS,
        "resetchannels",
        "Whether new users may use every channel or none.",
    )
    .at(field!(acl_pubsub_default)),
    Param::int(
        "tls-port",
        (0, PORT_MAX),
        "0",
        "The port for TLS; 0: none. Others are refused until TLS would be spoken there.",
    )
    .checked(no_tls)
    .coming(TLS),
    Param::optional("tls-cert-file", "The server's certificate.").coming(TLS),
    Param::optional("tls-key-file", "The server's key.").coming(TLS),
    Param::optional("tls-key-file-pass", "The passphrase of that key.")
        .secret()
        .coming(TLS),
    Param::optional(
        "tls-client-cert-file",
        "The certificate for outgoing links.",
    )
    .coming(TLS),
    Param::optional("tls-client-key-file", "The key for outgoing links.").coming(TLS),
    Param::optional("tls-client-key-file-pass", "The passphrase of that key.")
        .secret()
        .coming(TLS),
    Param::optional(
        "tls-dh-params-file",
        "Parameters for an older key exchange.",
    )
    .coming(TLS),
    Param::optional("tls-ca-cert-file", "Authorities to trust, in a file.").coming(TLS),
    Param::optional("tls-ca-cert-dir", "Authorities to trust, in a directory.").coming(TLS),
    Param::choice(
        "tls-auth-clients",
        TLS_AUTH,
        "yes",
        "Whether clients need a certificate.",
    )
    .coming(TLS),
    Param::choice(
        "tls-auth-clients-user",
        TLS_USER,
        "off",
        "Which part of a client's certificate names its user.",
    )
    .coming(TLS),
    Param::flag("tls-replication", "no", "Reach the primary by TLS.").coming(TLS),
    Param::flag("tls-cluster", "no", "Reach other nodes by TLS.").coming(TLS),
    Param::optional("tls-protocols", "Versions of TLS to speak.").coming(TLS),
    Param::optional("tls-ciphers", "Ciphers up to TLS 1.2.").coming(TLS),
    Param::optional("tls-ciphersuites", "Ciphers from TLS 1.3 on.").coming(TLS),
    Param::flag(
        "tls-prefer-server-ciphers",
        "no",
        "Let the server choose the cipher.",
    )
    .coming(TLS),
    Param::flag("tls-session-caching", "yes", "Let clients resume sessions.").coming(TLS),
    Param::int(
        "tls-session-cache-size",
        (0, INT_MAX),
        "20480",
        "The most sessions to keep.",
    )
    .coming(TLS),
    Param::int(
        "tls-session-cache-timeout",
        (0, INT_MAX),
        "300",
        "Seconds to keep a session.",
    )
    .coming(TLS),
    Param::int(
        "tls-auto-reload-interval",
        (0, INT_MAX),
        "0",
        "Seconds between looks whether the certificates changed; 0: never.",
    )
    .coming(TLS),
    Param::optional(
        "hash-seed",
        "The seed of the hash of keys, to repeat an order.",
    )
    .restart()
    .no_effect("the seed is drawn anew at every start"),
];

/// What promises protection is not accepted without effect: the server would stand open behind a
/// configuration that says it does not.
fn no_tls(value: &Value) -> Result<(), Reason> {
    match value {
        Value::Int(1..) => Err("TLS is not part of this version".into()),
        _ => Ok(()),
    }
}
