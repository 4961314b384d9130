"""From a course of treatment to facts with their proof: lines, refractoriness, facts, and what follows from facts."""
