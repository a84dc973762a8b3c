# How long what is kept, from what the law asks. These are facts that were read, not legal advice: docs/backup.md names each source.

locals {
  laws = {
    vat_records = { years = 5, source = "VAT and Supplementary Duty Act 2012 s.107(1); until pending proceedings end" }
    vds_papers  = { years = 5, source = "VDS Rules 2025 r.6; VAT Rules 2016 r.40" }
    income_tax  = { years = 12, source = "Income Tax Act 2023 s.72A (Finance Act 2026), for companies as Companies Act s.181(5)" }
  }

  lock_years = var.kept_years + var.margin_years

  # In UTC, from midnight in Dhaka (UTC+6) on.
  hours = sort([for backup in range(var.backups_a_day) : format("%02d", (18 + backup * 24 / var.backups_a_day) % 24)])
}
