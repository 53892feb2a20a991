using System.Globalization;

namespace LlavaCuda.Trainer.Evaluation;

/// <summary>
/// Numbers as Python writes and rounds them, for results that must agree with the original scripts to the digit. Python rounds the exact
/// value of a double, ties to even; .NET scales before it rounds, and formats ties away from zero.
/// </summary>
internal static class PythonNumbers
{
    private const int LargestFixedExponent = 16;
    private const int SmallestFixedExponent = -4;

    /// <summary>Python's <c>f"{value:.2f}"</c>.</summary>
    /// <param name="value">The number.</param>
    /// <param name="digits">Digits after the point.</param>
    internal static string Fixed(double value, int digits)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        // A tie lies at an odd multiple of half a unit in the last digit, so that it has at most digits + 1 bits after the point.
        double scaled = Math.ScaleB(value, digits + 1);
        if (scaled != Math.Truncate(scaled) || Math.Abs(scaled) > 1L << 52)
        {
            return value.ToString($"F{digits}", CultureInfo.InvariantCulture);
        }

        Int128 numerator = Int128.Abs((Int128)scaled);
        for (int i = 0; i < digits; i++)
        {
            numerator *= 10;
        }

        Int128 quotient = numerator >> (digits + 1), remainder = numerator - (quotient << (digits + 1)), half = Int128.One << digits;
        quotient += remainder > half || (remainder == half && Int128.IsOddInteger(quotient)) ? 1 : 0;
        string text = quotient.ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        string sign = double.IsNegative(value) ? "-" : string.Empty;
        return digits == 0 ? sign + text : $"{sign}{text[..^digits]}.{text[^digits..]}";
    }

    /// <summary>Python's <c>round(value, digits)</c>.</summary>
    internal static double Round(double value, int digits) =>
        double.IsFinite(value) ? double.Parse(Fixed(value, digits), CultureInfo.InvariantCulture) : value;

    /// <summary>Python's <c>repr</c> of a float: the shortest digits that read back as the same number.</summary>
    internal static string Repr(double value)
    {
        if (!double.IsFinite(value) || value == 0)
        {
            return value == 0 ? double.IsNegative(value) ? "-0.0" : "0.0" : Fixed(value, 0);
        }

        string shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        foreach (int digits in Enumerable.Range(0, 17))
        {
            string text = value.ToString($"E{digits}", CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) == value)
            {
                shortest = text;
                break;
            }
        }

        string sign = value < 0 ? "-" : string.Empty;
        (string mantissa, int exponent) =
            (shortest[sign.Length..shortest.IndexOf('E')].Replace(".", string.Empty, StringComparison.Ordinal),
            int.Parse(shortest[(shortest.IndexOf('E') + 1)..], CultureInfo.InvariantCulture));
        if (exponent is < SmallestFixedExponent or >= LargestFixedExponent)
        {
            string fraction = mantissa.Length > 1 ? "." + mantissa[1..] : string.Empty;
            return string
                .Create(CultureInfo.InvariantCulture, $"{sign}{mantissa[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        return exponent < 0 ? $"{sign}0.{new string('0', -exponent - 1)}{mantissa}"
            : mantissa.Length <= exponent + 1 ? $"{sign}{mantissa.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{mantissa[..(exponent + 1)]}.{mantissa[(exponent + 1)..]}";
    }

    /// <summary>Python's <c>float(text)</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The number, which may be NaN or infinite.</param>
    /// <returns>False where Python raises.</returns>
    internal static bool TryParse(string text, out double value)
    {
        string number = Plain(text);
        string word = number.TrimStart('+', '-').ToLowerInvariant();
        if (word is "inf" or "infinity" or "nan" && number.Length - word.Length <= 1)
        {
            value = word == "nan" ? double.NaN : number[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        // Underscores may stand between digits.
        for (int i = number.IndexOf('_'); i >= 0; i = number.IndexOf('_', i))
        {
            if (i == 0 || i == number.Length - 1 || !char.IsAsciiDigit(number[i - 1]) || !char.IsAsciiDigit(number[i + 1]))
            {
                value = 0;
                return false;
            }

            number = number.Remove(i, 1);
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        value = 0;
        return number.All(static c => char.IsAsciiDigit(c) || c is '+' or '-' or '.' or 'e' or 'E')
            && double.TryParse(number, Style, CultureInfo.InvariantCulture, out value);
    }

    // Texts beyond ASCII may have any white space around the number and digits of any script; others have what C calls white space.
    private static string Plain(string text) => System.Text.Ascii.IsValid(text)
        ? text.Trim(' ', '\t', '\n', '\v', '\f', '\r')
        : PythonText.Strip(string.Concat(text.Select(static c => char.IsDigit(c) ? (char)('0' + (int)char.GetNumericValue(c)) : c)));
}
