#!/usr/bin/env Rscript
# Reads what `myelomart export omop --format csv --out DIR` wrote, counts it anew, and says whether the counts agree.
#
#   Rscript read_export.R DIR
#
# Needs base R alone. With Parquet, read the same tables by DBI and duckdb:
#   con <- DBI::dbConnect(duckdb::duckdb())
#   cohort <- DBI::dbGetQuery(con, "from read_parquet('DIR/cohort.parquet')")

folder <- commandArgs(trailingOnly = TRUE)[1]
if (is.na(folder) || !dir.exists(folder)) stop("name the folder that `myelomart export omop --format csv` wrote")

read_table <- function(name) {
  file <- file.path(folder, paste0(name, ".csv"))
  if (!file.exists(file)) stop(file, " is not there: export with --format csv")
  table <- read.csv(file, na.strings = "", stringsAsFactors = FALSE)
  days <- grep("_date$", names(table), value = TRUE)
  table[days] <- lapply(table[days], as.Date)
  table
}

same <- function(what, ours, theirs) {
  if (!isTRUE(all.equal(ours, theirs, check.attributes = FALSE))) stop(what, ": R counts otherwise than the export")
}

cohort <- read_table("cohort")
cohort_set <- read_table("cohort_set")
attrition <- read_table("cohort_attrition")
codelist <- read_table("cohort_codelist")
counted <- read_table("cohort_count")
era <- read_table("drug_era")
episode <- read_table("episode")
episode_event <- read_table("episode_event")

# ids arrive as numbers that R holds exactly: omopgenerics casts those of cohorts to integer
stopifnot(
  is.integer(cohort_set$cohort_definition_id),
  !anyDuplicated(cohort_set$cohort_definition_id),
  all(abs(cohort$subject_id) <= 2^53), all(abs(episode$episode_id) <= 2^53),
  cohort$cohort_definition_id %in% cohort_set$cohort_definition_id,
  codelist$cohort_definition_id %in% cohort_set$cohort_definition_id,
  codelist$codelist_type %in% c("index event", "inclusion criteria", "exit criteria"),
  setequal(attrition$cohort_definition_id, cohort_set$cohort_definition_id),
  cohort$cohort_end_date >= cohort$cohort_start_date,
  era$drug_era_end_date >= era$drug_era_start_date,
  episode_event$episode_id %in% episode$episode_id
)

# the members of each cohort, counted anew, are what the export says and what the last step of attrition leaves
ids <- factor(cohort$cohort_definition_id, counted$cohort_definition_id)
same("records", as.vector(table(ids)), counted$number_records)
same("subjects", as.vector(tapply(cohort$subject_id, ids, function(x) length(unique(x)), default = 0)), counted$number_subjects)
attrition <- attrition[order(attrition$cohort_definition_id, attrition$reason_id), ]
last <- attrition[!duplicated(attrition$cohort_definition_id, fromLast = TRUE), ]
same("attrition", last$number_subjects[match(counted$cohort_definition_id, last$cohort_definition_id)], counted$number_subjects)
lost <- tapply(attrition$excluded_subjects, attrition$cohort_definition_id, sum)
first <- attrition[!duplicated(attrition$cohort_definition_id), ]
same("steps", as.vector(lost) + last$number_subjects, first$number_subjects + first$excluded_subjects)

told <- merge(cohort_set[c("cohort_definition_id", "cohort_name")], counted)
print(told[order(told$cohort_name), c("cohort_name", "number_records", "number_subjects")], row.names = FALSE)
cat(nrow(era), "drug eras,", nrow(episode), "lines,", nrow(episode_event), "drug records in lines\n")
cat(sprintf("lines with a HemOnc concept: %d of %d\n", sum(episode$episode_object_concept_id > 0), nrow(episode)))

# where omopgenerics is installed, the tables are one of its cohorts, with settings, attrition and code lists
if (requireNamespace("omopgenerics", quietly = TRUE)) {
  people <- unique(cohort$subject_id)
  person <- data.frame(person_id = people, gender_concept_id = 0L, year_of_birth = 1950L, race_concept_id = 0L, ethnicity_concept_id = 0L)
  observed <- data.frame(
    observation_period_id = seq_along(people), person_id = people, period_type_concept_id = 0L,
    observation_period_start_date = min(cohort$cohort_start_date), observation_period_end_date = max(cohort$cohort_end_date)
  )
  cdm <- omopgenerics::cdmFromTables(list(person = person, observation_period = observed), cdmName = "myelomart")
  cdm <- omopgenerics::insertTable(cdm, "cohort", cohort)
  read <- omopgenerics::newCohortTable(cdm$cohort, cohort_set, attrition, codelist)
  same("omopgenerics", omopgenerics::cohortCount(read)$number_subjects, counted$number_subjects)
}
cat("the counts agree\n")
