"""Guidelines as data: packs, their assessment for a patient, and what to find out. It knows no drug by name."""
