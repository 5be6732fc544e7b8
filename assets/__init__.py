"""What exists: one module per stage of the flow, each asset with its checks beside it.

A body fetches resources, calls one function of the engine and returns metadata. What a stage does stands in gristmill.
"""
