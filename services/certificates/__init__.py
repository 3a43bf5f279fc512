"""The library of certificates and papers on file (电子证照库、材料库): what need not be handed in twice."""
