# One measurement for bench/statistics.py: Rscript bench/statistics.R TASK FILE ROWS COLUMNS
suppressMessages({ library(survival); library(cmprsk); library(MatchIt) })
arguments <- commandArgs(trailingOnly = TRUE)
task <- arguments[1]
rows <- as.integer(arguments[3]); columns <- as.integer(arguments[4])
data <- matrix(readBin(arguments[2], "double", rows * columns), rows, columns)
time <- data[, 1]; event <- data[, 2]; cause <- data[, 3]; group <- data[, 4]; x <- data[, -(1:5)]
frame <- data.frame(time = time, event = event, group = group, x)
run <- switch(task,
  kaplan_meier = function() survfit(Surv(time, event) ~ 1, frame),
  log_rank = function() survdiff(Surv(time, event) ~ group, frame),
  cox = , cox_with_concordance = function() coxph(Surv(time, event) ~ . - group, frame),
  cumulative_incidence = function() cuminc(time, cause),
  fine_gray = function() crr(time, cause, x),
  fine_gray_coxph = function() {
    frame$cause <- factor(cause)
    weighted <- finegray(Surv(time, cause) ~ ., frame)
    coxph(Surv(fgstart, fgstop, fgstatus) ~ . - group - event - fgwt, weighted, weights = fgwt)
  },
  # Debian's 4.5.1 ignores the caliper on a vector of distances: the right function, for its time alone
  matching = function() matchit(treated ~ score, data.frame(treated = group, score = data[, 5]),
                                method = "nearest", distance = data[, 5], caliper = 0.2),
  # all distances at once, the caliper named: exact, and a valid oracle, but only for small data
  matching_matrix = function() {
    treated <- group == 1
    score <- data[, 5]
    distance <- abs(outer(score[treated], score[!treated], "-"))
    order <- order(-score[treated])
    distance <- distance[order, ]
    sorted <- data.frame(treated = rep(1:0, c(sum(treated), sum(!treated))),
                         score = c(score[treated][order], score[!treated]))
    dimnames(distance) <- list(seq_len(sum(treated)), sum(treated) + seq_len(sum(!treated)))
    limit <- 0.2 * sqrt((var(score[treated]) + var(score[!treated])) / 2)
    matchit(treated ~ score, sorted, method = "nearest", distance = distance, m.order = "data",
            caliper = c(score = limit), std.caliper = FALSE)
  })
seconds <- Inf; started <- proc.time()[["elapsed"]]
repeat {
  seconds <- min(seconds, system.time(run())[["elapsed"]])
  if (proc.time()[["elapsed"]] - started > 2) break
}
peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
cat(seconds, gsub("[^0-9]", "", peak), "\n")
