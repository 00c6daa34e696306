# The judge of bench/fuzz_statistics.py: Rscript bench/fuzz_statistics.R DATA.json ANSWERS.json
# Every analysis on every data set by survival and cmprsk; what R refuses is null.
suppressMessages({ library(survival); library(cmprsk); library(jsonlite) })
arguments <- commandArgs(trailingOnly = TRUE)
tight <- coxph.control(eps = 1e-11, toler.chol = 1e-13, iter.max = 60)
plain <- function(x) unname(as.numeric(x))
try_or_null <- function(value) tryCatch(value, error = function(e) NULL)

surv <- function(d, event) {
  if (is.null(d$entry)) Surv(d$time, event) else Surv(d$entry, d$time, event)
}

curve <- function(d, o) {
  d$.y <- surv(d, d$code == 1); d$.id <- seq_len(nrow(d))
  arguments <- list(.y ~ 1, data = d, conf.type = o$conf_type)
  if (!is.null(d$weights)) arguments$weights <- d$weights
  if (!is.null(d$cluster)) arguments$cluster <- d$cluster
  fit <- do.call(survfit, arguments)
  fit$surv[fit$surv < 1e-12] <- 0  # 1e-16 and -1e-16 are no two steps of a curve
  if (o$conf_type == "plain" && !(is.null(d$weights) && is.null(d$cluster)))
    fit$lower[fit$surv == 0] <- fit$upper[fit$surv == 0] <- 0  # 0/0 by rounding in one of 400
  q <- quantile(fit, c(.25, .5, .75))
  list(time = plain(fit$time), n_risk = plain(fit$n.risk), survival = plain(fit$surv),
       ci_low = plain(fit$lower), ci_high = plain(fit$upper), quantile = plain(q$quantile),
       quantile_low = plain(q$lower), quantile_high = plain(q$upper))
}

restricted <- function(d, tau) {
  d$.y <- surv(d, d$code == 1); d$.id <- seq_len(nrow(d))
  weights <- if (is.null(d$weights)) rep(1, nrow(d)) else d$weights
  fit <- survfit(.y ~ 1, d, weights = weights, id = .id, cluster = .id, influence = 1)
  if (max(fit$time) < tau * (1 - 1e-9) && min(fit$surv) > 0) return(NULL)
  if (is.null(d$weights) && is.null(d$cluster)) {  # nothing robust: survfit's own
    table <- summary(survfit(.y ~ 1, d), rmean = tau)$table
    return(list(estimate = plain(table["rmean"]), se = plain(table["se(rmean)"])))
  }
  kept <- fit$time < tau * (1 - 1e-9)
  area <- sum(diff(c(0, fit$time[kept], tau)) * c(1, fit$surv[kept]))
  part <- fit$influence.surv[, kept, drop = FALSE] %*% diff(c(fit$time[kept], tau))
  cluster <- if (is.null(d$cluster)) d$.id else d$cluster
  list(estimate = area, se = sqrt(sum(rowsum(part, cluster)^2)))
}

log_rank <- function(d, o) {
  strata <- if (is.null(d$strata)) rep(1, nrow(d)) else d$strata
  if (is.null(d$weights) && is.null(d$cluster) && is.null(d$entry)) {
    fit <- survdiff(Surv(time, code == 1) ~ arm + strata(strata), d, rho = o$rho)
    return(list(chi2 = fit$chisq))
  }
  if (is.null(d$weights) || o$rho != 0) return(NULL)  # no judge
  cluster <- if (is.null(d$cluster)) seq_len(nrow(d)) else d$cluster
  d$.y <- surv(d, d$code == 1)
  fit <- coxph(.y ~ factor(arm) + strata(strata), d, weights = d$weights, ties = "breslow",
               cluster = cluster, control = tight)
  list(chi2 = plain(summary(fit)$robscore["test"]))
}

cox <- function(d, o) {
  d$.y <- surv(d, d$code == 1)
  right <- paste(o$covariates, collapse = " + ")
  if (!is.null(d$strata)) right <- paste(right, "+ strata(strata)")
  arguments <- list(as.formula(paste(".y ~", right)), data = d, control = tight, ties = o$ties)
  if (!is.null(d$weights)) arguments$weights <- d$weights
  if (!is.null(d$cluster)) arguments$cluster <- d$cluster
  warned <- FALSE
  fit <- withCallingHandlers(do.call(coxph, arguments),
                             warning = function(w) { warned <<- TRUE; invokeRestart("muffleWarning") })
  # an infinite ratio: R warns, leaves a coefficient out, or lets its standard error explode
  if (warned || anyNA(coef(fit)) || any(abs(coef(fit)) > 15)) return(list(infinite = TRUE))
  test <- try_or_null(cox.zph(fit, transform = o$zph)$table)
  list(coef = plain(coef(fit)), se = plain(sqrt(diag(if (is.null(fit$naive.var)) fit$var else fit$naive.var))),
       robust_se = if (!is.null(fit$naive.var)) plain(sqrt(diag(fit$var))),
       loglik = plain(fit$loglik[2]), score = plain(fit$score), wald = plain(fit$wald.test),
       concordance = plain(fit$concordance["concordance"]), concordance_se = plain(fit$concordance["std"]),
       zph = if (!is.null(test)) plain(test[, 1]))
}

incidence <- function(d, o) {
  d$.id <- seq_len(nrow(d)); state <- factor(d$code, 0:2)
  d$.y <- if (is.null(d$entry)) Surv(d$time, state) else Surv(d$entry, d$time, state)
  arguments <- list(.y ~ 1, data = d, id = d$.id, conf.type = o$conf_type)
  if (!is.null(d$weights)) arguments$weights <- d$weights
  fit <- do.call(survfit, arguments)
  list(time = plain(fit$time), cif_1 = plain(fit$pstate[, 2]), se_1 = plain(fit$std.err[, 2]),
       cif_2 = plain(fit$pstate[, 3]), se_2 = plain(fit$std.err[, 3]),
       low_1 = plain(fit$lower[, 2]), high_1 = plain(fit$upper[, 2]))
}

# cmprsk does not tie times that differ by rounding, and averages the censoring curve at time 0: give
# it tied times above 0 (d$time is tied already)
above_zero <- function(time) match(time, sort(unique(time)))

gray <- function(d, o) {
  strata <- if (is.null(d$strata)) rep(1, nrow(d)) else d$strata
  test <- cuminc(above_zero(d$time), d$code, d$arm, strata, rho = o$rho)$Tests["1", ]
  list(chi2 = plain(test["stat"]), df = plain(test["df"]))
}

subdistribution <- function(d, o) {
  matrix <- model.matrix(as.formula(paste("~", paste(o$covariates, collapse = "+"))), d)[, -1, drop = FALSE]
  for (gtol in c(1e-12, 1e-11, 1e-10, 1e-9, 1e-8)) {  # as near as rounding lets it come
    fit <- suppressWarnings(crr(above_zero(d$time), d$code, matrix, gtol = gtol, maxiter = 60))
    if (fit$converged) break
  }
  if (!fit$converged || any(abs(fit$coef) > 12)) return(list(infinite = TRUE))
  list(coef = plain(fit$coef), se = plain(sqrt(diag(fit$var))), loglik = plain(fit$loglik))
}

answers <- lapply(fromJSON(arguments[1], simplifyVector = FALSE), function(set) {
  o <- lapply(set$options, unlist)
  d <- as.data.frame(lapply(set$columns, unlist), stringsAsFactors = FALSE)
  # one scale of time for all rows, as coxph and survdiff see it; a curve of a part would tie its own
  y <- if (is.null(d$entry)) aeqSurv(Surv(d$time, rep(1, nrow(d)))) else aeqSurv(Surv(d$entry, d$time, rep(1, nrow(d))))
  d$time <- y[, if (is.null(d$entry)) 1 else 2]
  if (!is.null(d$entry)) d$entry <- y[, 1]
  tau <- min(tapply(d$time, d$arm, max))
  parts <- split(d, d$arm)
  value <- list(curves = lapply(parts, function(part) try_or_null(curve(part, o))),
       restricted = if (tau > 0) lapply(parts, function(part) try_or_null(restricted(part, tau))),
       log_rank = try_or_null(log_rank(d, o)), cox = try_or_null(cox(d, o)),
       incidence = if (is.null(d$cluster)) try_or_null(incidence(d, o)))
  if (is.null(d$entry) && is.null(d$weights) && is.null(d$cluster))
    value <- c(value, list(gray = try_or_null(gray(d, o))))
  if (is.null(d$entry) && is.null(d$weights) && is.null(d$cluster) && is.null(d$strata))
    value <- c(value, list(subdistribution = try_or_null(subdistribution(d, o))))
  value
})
write_json(answers, arguments[2], digits = I(15), auto_unbox = FALSE, null = "null", na = "null")
