# Reference results of R's metafor, an outside check: `Rscript metafor.R > metafor.json` in this folder (Debian: r-cran-metafor).
suppressMessages(library(metafor))
senn <- read.csv("senn2013.csv")
out <- list()

# Ordinary random-effects meta-analysis: the six trials of rosiglitazone against placebo, DerSimonian and Laird.
pair <- senn[senn$treat1 == "rosi" & senn$treat2 == "plac", ]
fit <- rma(yi = TE, sei = seTE, data = pair, method = "DL")
pred <- predict(fit, pi.type = "riley")
out$rosi_plac <- list(mean = as.numeric(fit$beta), se = fit$se, tau2 = fit$tau2, I2 = fit$I2, Q = fit$QE, Qp = fit$QEp,
                      pi_low = pred$pi.lb, pi_high = pred$pi.ub)

# The whole network, contrasts against the first arm of each trial, the shared arm of the trial of three in V.
senn <- senn[!(senn$studlab == "Willms1999" & senn$treat2 == "acar"), ] # the third contrast follows from the two others
options <- setdiff(sort(unique(c(senn$treat1, senn$treat2))), "plac")
X <- sapply(options, function(o) (senn$treat1 == o) - (senn$treat2 == o))
V <- diag(senn$seTE^2)
w <- which(senn$studlab == "Willms1999")
V[w[1], w[2]] <- V[w[2], w[1]] <- (sum(senn$seTE[w]^2) - 0.3579^2) / 2 # 0.3579: metformin against acarbose
common <- rma.mv(TE, V, mods = ~ X - 1, data = senn)
tau2 <- 0.1087169 # of the generalised DerSimonian and Laird estimator
senn$arm <- senn$treat1
random <- rma.mv(TE, V, mods = ~ X - 1, random = ~ arm | studlab, rho = 0.5, tau2 = tau2, data = senn)
named <- function(x) setNames(as.list(as.numeric(x)), options)
out$senn_common <- list(effect = named(common$beta), se = named(common$se), Q = common$QE, df = common$k - common$p)
out$senn_random <- list(tau2 = tau2, effect = named(random$beta), se = named(random$se))

# Four trials in a tree, hazard ratios: the lenalidomide-refractory network against Vd.
trials <- read.csv("mohyuddin2021.csv")
trials <- trials[trials$network == "lenalidomide-refractory vd", ]
y <- log(trials$hr)
v <- ((log(trials$ci_high) - log(trials$ci_low)) / (2 * qnorm(0.975)))^2
options <- setdiff(sort(unique(c(trials$treatment, trials$comparator))), "Vd")
X <- sapply(options, function(o) (trials$treatment == o) - (trials$comparator == o))
tree <- rma.mv(y, diag(v), mods = ~ X - 1)
out$tree <- list(effect = named(tree$beta), se = named(tree$se))

out$made_with <- paste("R", getRversion(), "metafor", packageVersion("metafor"))
show <- function(x, indent = 1) {
  if (!is.list(x)) return(if (is.character(x)) dQuote(x, FALSE) else format(x, digits = 10))
  pad <- strrep(" ", indent)
  rows <- mapply(function(name, value) paste0(pad, dQuote(name, FALSE), ": ", show(value, indent + 1)), names(x), x)
  paste0("{\n", paste(rows, collapse = ",\n"), "\n", strrep(" ", indent - 1), "}")
}
cat(show(out), "\n", sep = "")
