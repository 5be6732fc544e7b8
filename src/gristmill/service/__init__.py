"""The answering service: its API, its OpenAI-compatible API, its MCP server, and what guards them.

What is answered is decided in `answering`, who may see what in `identity`. Nothing here knows the command line.
"""
