"""The results of trials: what the source prints of them, compared, combined and matched to the patient."""
