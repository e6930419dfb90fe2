"""The expression language: one text, compiled to Python, SQL and JavaScript; it knows no catalog and no database.

Start with :func:`formline.expressions.compiler.compile_expression`.
"""
