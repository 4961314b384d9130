"""What was recorded: time as intervals, facts as given, the patient file; checked on entry."""
