using System.Text.RegularExpressions;

namespace Dovetail.Machinery.Schemas;

/// <summary>Numbers with check digits that OpenAPI formats name.</summary>
internal static partial class CheckedNumbers
{
    public static bool IsCreditCard(string text)
    {
        var digits = Digits(text);
        if (!CreditCard().IsMatch(digits))
            return false;
        // Luhn: every second digit from the right counts double.
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[digits.Length - 1 - i] - '0';
            sum += i % 2 == 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
        }
        return sum % 10 == 0;
    }

    public static bool IsIsbn10(string text)
    {
        var isbn = Joined(text);
        if (!Isbn10().IsMatch(isbn))
            return false;
        var sum = 0;
        for (var i = 0; i < 10; i++)
            sum += (i + 1) * (isbn[i] is 'X' ? 10 : isbn[i] - '0');
        return sum % 11 == 0;
    }

    public static bool IsIsbn13(string text)
    {
        var isbn = Joined(text);
        if (!Isbn13().IsMatch(isbn))
            return false;
        var sum = 0;
        for (var i = 0; i < 13; i++)
            sum += (isbn[i] - '0') * (i % 2 == 0 ? 1 : 3);
        return sum % 10 == 0;
    }

    private static string Digits(string text) => string.Concat(text.Where(char.IsAsciiDigit));

    private static string Joined(string text) => string.Concat(text.Where(c => c is not ('-' or ' ' or '\t' or '\n')));

    [GeneratedRegex(@"\A(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})\z")]
    private static partial Regex CreditCard();

    [GeneratedRegex(@"\A[0-9]{9}[0-9X]\z")]
    private static partial Regex Isbn10();

    [GeneratedRegex(@"\A[0-9]{13}\z")]
    private static partial Regex Isbn13();
}
