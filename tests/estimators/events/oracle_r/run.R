# Runs the event-study package estudy2 on prices.csv and writes its numbers.
#
#   Rscript run.R        (in this folder; needs R with estudy2 and zoo)
#
# prices.csv is synthetic: eight firms and a market over 137 sessions, drawn once from a fixed seed.
# Run once; the tests read rates.csv, fits.csv, tests.csv, abnormal.csv and session.txt, not R.
# The event day is the 132nd return: estimation on the event days -130 to -11, window 0 to 4.

library(zoo)
library(estudy2)

prices <- read.csv("prices.csv")
dates <- as.Date(prices$date)
series <- zoo(as.matrix(prices[, -1]), dates)
simple <- series[-1, ] / coredata(series[-nrow(series), ]) - 1
days <- index(simple)
event <- 132
estimation <- days[c(event - 130, event - 11)]
window <- days[c(event, event + 4)]

write <- function(frame, file) {
  numeric <- vapply(frame, is.double, TRUE) & !vapply(frame, inherits, TRUE, "Date")
  frame[numeric] <- lapply(frame[numeric], formatC, digits = 17, format = "g")
  write.csv(frame, file, row.names = FALSE, quote = FALSE)
}

rates <- function(compounding) {
  found <- get_rates_from_prices(series[1:6], "Close", multi_day = TRUE, compounding = compounding)
  data.frame(compounding = compounding, date = index(found), coredata(found))
}
write(rbind(rates("discrete"), rates("continuous")), "rates.csv")

models <- c("mean_adj", "mrkt_adj", "sim")
fitted <- lapply(models, function(model) {
  apply_market_model(
    rates = simple[, -1], regressors = simple[, 1, drop = FALSE], same_regressor_for_all = TRUE,
    market_model = model, estimation_method = "ols",
    estimation_start = estimation[1], estimation_end = estimation[2]
  )
})
names(fitted) <- models

firms <- colnames(simple)[-1]
write(data.frame(
  firm = firms,
  t(vapply(fitted$sim, function(fit) fit$coefficients, numeric(2))),
  length = vapply(fitted$sim, function(fit) fit$estimation_length, 1L)
), "fits.csv")

abnormal <- do.call(rbind, lapply(models, function(model) {
  values <- vapply(fitted[[model]], function(fit) {
    coredata(window(fit$abnormal, start = window[1], end = window[2]))
  }, numeric(5))
  colnames(values) <- firms
  data.frame(model = model, day = 0:4, values)
}))
write(abnormal, "abnormal.csv")

daily <- list(
  bw_1980 = brown_warner_1980, bw_1985 = brown_warner_1985, t_test = t_test, patell = patell,
  boehmer = boehmer, sign = sign_test, generalized_sign = generalized_sign_test,
  rank = rank_test, modified_rank = modified_rank_test, wilcoxon = wilcoxon_test
)
needs_sim <- c("patell", "boehmer")
statistic <- function(test, model) {
  found <- daily[[test]](fitted[[model]], window[1], window[2])
  column <- grep("_stat$", names(found), value = TRUE)
  data.frame(model = model, test = test, day = 0:4, statistic = found[[column]])
}
pairs <- expand.grid(test = names(daily), model = models, stringsAsFactors = FALSE)
pairs <- pairs[!(pairs$test %in% needs_sim & pairs$model != "sim"), ]
results <- do.call(rbind, Map(statistic, pairs$test, pairs$model))
cars <- do.call(rbind, lapply(models, function(model) {
  found <- car_brown_warner_1985(fitted[[model]], window[1], window[2])
  data.frame(model = model, test = "car_bw_1985", day = NA, statistic = found$statistic)
}))
write(rbind(results, cars), "tests.csv")

versions <- c(R.version.string, paste("estudy2", packageVersion("estudy2")),
              paste("zoo", packageVersion("zoo")), capture.output(sessionInfo())[-1])
writeLines(versions[!grepl("^(BLAS|LAPACK|Matrix products)", versions)], "session.txt")
