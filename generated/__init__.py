"""The catalogue, made by symderive; to make it again: symderive generate"""
