variable "kept_years" {
  description = "For how many years records are kept."
  type        = number
  default     = 12

  validation {
    condition     = var.kept_years >= 12 && var.kept_years <= 100 && floor(var.kept_years) == var.kept_years
    error_message = "kept_years must be a whole number from 12 on: the income-tax records of a company are kept for 12 years (Income Tax Act 2023 s.72A, with Companies Act s.181(5))."
  }
}

variable "margin_years" {
  description = "Further years of a lock. The law counts years of account, a lock counts from the day of writing: what is written on a year's first day is asked for until another year's last."
  type        = number
  default     = 1

  validation {
    condition     = var.margin_years >= 0 && var.margin_years <= 10 && floor(var.margin_years) == var.margin_years
    error_message = "margin_years must be a whole number from 0 to 10."
  }
}

variable "binding" {
  description = "Whether locks bind everybody, the account's owner included. Only where real records are kept: what is locked so can be removed by nobody until its years are over."
  type        = bool
}

variable "backups_a_day" {
  description = "How many backups of the database are made a day, besides the log that is kept of every change."
  type        = number
  default     = 2

  validation {
    condition     = contains([2, 3, 4, 6, 8, 12, 24], var.backups_a_day)
    error_message = "backups_a_day must be 2, 3, 4, 6, 8, 12 or 24: NBR's requirements of VAT software (General Order 16/Mushak/2019) ask for two at least."
  }
}

variable "backup_days" {
  description = "For how many days the database can be taken back to any moment, and its backups are kept."
  type        = number
  default     = 35

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35 && floor(var.backup_days) == var.backup_days
    error_message = "backup_days must be 7 to 35, which is the most that RDS keeps its log for."
  }
}
