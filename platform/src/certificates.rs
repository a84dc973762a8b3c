//! When certificates end, for whoever looks after a process.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::parse_x509_certificate;

use crate::metrics;

/// When the first certificate of a PEM text ends, in seconds since 1970. It is told by the metric of certificates too, under this name.
///
/// # Errors
/// Why there is none to be read.
pub fn ends(name: &str, pem: &[u8]) -> Result<i64, String> {
    let first = CertificateDer::pem_slice_iter(pem).next();
    let Some(Ok(first)) = first else { return Err("it holds no certificate".to_owned()) };
    let (_, read) = parse_x509_certificate(&first).map_err(|e| e.to_string())?;
    let ends = read.validity().not_after.timestamp();
    metrics::CERTIFICATE_EXPIRY.with_label_values(&[name]).set(ends);
    Ok(ends)
}
