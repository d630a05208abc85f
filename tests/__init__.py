"""Tests: unit and contract without servers, integration with real ones, browser, bench."""
