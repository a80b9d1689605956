using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Dovetail.Machinery.Quantities;

/// <summary>The suffix family in which a quantity is written.</summary>
public enum QuantityFormat
{
    /// <summary>n u m k M G T P E: 1.5G, 100m.</summary>
    DecimalSi,

    /// <summary>Ki Mi Gi Ti Pi Ei.</summary>
    BinarySi,

    /// <summary>e3, E-6.</summary>
    DecimalExponent,
}

/// <summary><c>resource.Quantity</c> of Kubernetes: a fixed-point number that never loses precision down to nano (10⁻⁹), below which it is rounded up (away from zero).
/// Small values are a long and a power of ten; what does not fit falls back to a big integer of nanos.</summary>
public readonly struct Quantity : IComparable<Quantity>, IEquatable<Quantity>
{
    private static readonly BigInteger MaxValue = new(long.MaxValue);

    // value × 10^scale; scale is at most 0 and at least -9. `big` is used (in the same scale) when a long cannot hold the value.
    private readonly long value;
    private readonly BigInteger? big;
    private readonly int scale;

    private Quantity(BigInteger unscaled, int scale, QuantityFormat format)
    {
        while (scale < 0 && (unscaled % 10).IsZero)
        {
            unscaled /= 10;
            scale++;
        }

        this.scale = scale;
        Format = format;
        if (unscaled >= long.MinValue && unscaled <= long.MaxValue) value = (long)unscaled;
        else big = unscaled;
    }

    private Quantity(long value, int scale, QuantityFormat format)
    {
        this.value = value;
        this.scale = scale;
        Format = format;
    }

    public static Quantity Zero => default;

    public QuantityFormat Format { get; }

    public bool IsZero => big is null && value == 0;

    public int Sign => big?.Sign ?? Math.Sign(value);

    private BigInteger Unscaled => big ?? value;

    public static Quantity FromLong(long value, QuantityFormat format = QuantityFormat.DecimalSi) => new(value, 0, format);

    public static Quantity FromMilli(long milli, QuantityFormat format = QuantityFormat.DecimalSi) => new(new BigInteger(milli), -3, format);

    /// <exception cref="FormatException">Upstream's message.</exception>
    public static Quantity Parse(string text) => Parse(text.AsSpan(), out var quantity) is { } problem ? throw new FormatException(problem) : quantity;

    public static bool TryParse([NotNullWhen(true)] string? text, out Quantity quantity)
    {
        quantity = default;
        return text is not null && Parse(text.AsSpan(), out quantity) is null;
    }

    /// <summary>The value rounded up to a whole number; saturates at the range of a long.</summary>
    public long ToLong() => Scaled(0);

    /// <summary>The value in thousandths, rounded up; saturates.</summary>
    public long ToMilli() => Scaled(-3);

    public double ToDouble() => (double)Unscaled * Math.Pow(10, scale);

    public static Quantity operator +(Quantity a, Quantity b) => Combine(a, b, subtract: false);

    public static Quantity operator -(Quantity a, Quantity b) => Combine(a, b, subtract: true);

    public static Quantity operator -(Quantity a) => new(-a.Unscaled, a.scale, a.Format);

    public static Quantity operator *(Quantity a, long factor) => new(a.Unscaled * factor, a.scale, a.Format);

    public static Quantity Add(Quantity a, Quantity b) => a + b;

    public static Quantity Subtract(Quantity a, Quantity b) => a - b;

    public static Quantity Multiply(Quantity a, long factor) => a * factor;

    public static Quantity Negate(Quantity a) => -a;

    public static bool operator <(Quantity a, Quantity b) => a.CompareTo(b) < 0;

    public static bool operator >(Quantity a, Quantity b) => a.CompareTo(b) > 0;

    public static bool operator <=(Quantity a, Quantity b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Quantity a, Quantity b) => a.CompareTo(b) >= 0;

    public static bool operator ==(Quantity a, Quantity b) => a.CompareTo(b) == 0;

    public static bool operator !=(Quantity a, Quantity b) => a.CompareTo(b) != 0;

    public int CompareTo(Quantity other)
    {
        if (scale == other.scale && big is null && other.big is null) return value.CompareTo(other.value);
        var (a, b, _) = Align(this, other);
        return a.CompareTo(b);
    }

    /// <summary>By value: 1Gi equals 1073741824.</summary>
    public bool Equals(Quantity other) => CompareTo(other) == 0;

    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    public override int GetHashCode() => (Unscaled * BigInteger.Pow(10, 9 + scale)).GetHashCode();

    /// <summary>The canonical form: no fraction where a smaller suffix avoids it, and the largest suffix that keeps the number whole.</summary>
    public override string ToString()
    {
        if (IsZero) return "0";
        if (Format == QuantityFormat.BinarySi)
        {
            // Below 1024, and for fractions, upstream falls back to decimal suffixes.
            if (scale < 0 || BigInteger.Abs(Unscaled) < 1024) return Decimal(exponent: false);
            var number = Unscaled;
            var power = 0;
            while (power < 6 && (number % 1024).IsZero)
            {
                number /= 1024;
                power++;
            }

            return number.ToString(CultureInfo.InvariantCulture) + QuantitySuffixes.Binary[power];
        }

        return Decimal(Format == QuantityFormat.DecimalExponent);
    }

    private string Decimal(bool exponent)
    {
        var number = Unscaled;
        var power = scale;
        while (power % 3 != 0)
        {
            number *= 10;
            power--;
        }

        while (power < 18 && (number % 1000).IsZero)
        {
            number /= 1000;
            power += 3;
        }

        var digits = number.ToString(CultureInfo.InvariantCulture);
        if (exponent) return power == 0 ? digits : string.Create(CultureInfo.InvariantCulture, $"{digits}e{power}");
        return digits + QuantitySuffixes.Decimal(power);
    }

    /// <summary>What is wrong with a text that is no quantity, in upstream's words; null when it is one.</summary>
    public static string? Fault(string text) => Parse(text.AsSpan().Trim(), out _);

    private static string? Parse(ReadOnlySpan<char> text, out Quantity quantity)
    {
        const string Malformed = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        quantity = default;
        if (text.IsEmpty) return Malformed;
        var at = text[0] is '+' or '-' ? 1 : 0;
        var start = at;
        int digits = 0, fraction = 0;
        var dot = false;
        for (; at < text.Length; at++)
        {
            if (char.IsAsciiDigit(text[at]))
            {
                digits++;
                if (dot) fraction++;
            }
            else if (text[at] == '.' && !dot) dot = true;
            else break;
        }

        if (digits == 0) return Malformed;
        var suffix = text[at..];
        if (!QuantitySuffixes.TryParse(suffix, out var binary, out var exponent, out var format))
            return suffix.ContainsAnyExcept(QuantitySuffixes.Letters) ? Malformed : "unable to parse quantity's suffix";
        if (digits > 1000) return "unable to parse numeric part of quantity";

        if (fraction == 0 && digits <= 18 && exponent == 0 && binary == 0)
        {
            var whole = long.Parse(text[start..at].TrimEnd('.'), NumberStyles.None, CultureInfo.InvariantCulture);
            quantity = new Quantity(text[0] == '-' ? -whole : whole, 0, format);
            return null;
        }

        Span<char> plain = stackalloc char[digits];
        var n = 0;
        foreach (var c in text[start..at])
            if (c != '.') plain[n++] = c;
        var unscaled = BigInteger.Parse(plain, NumberStyles.None, CultureInfo.InvariantCulture) << (10 * binary);
        quantity = Rounded(unscaled, exponent - fraction, text[0] == '-', format);
        return null;
    }

    /// <summary>Brings a number into the range: at most nine decimals, rounded away from zero; capped at 2⁶³-1.</summary>
    private static Quantity Rounded(BigInteger unscaled, int scale, bool negative, QuantityFormat format)
    {
        if (scale > 0)
        {
            // A number of this many digits is capped in any case.
            unscaled = scale > 40 && !unscaled.IsZero ? MaxValue + 1 : unscaled * BigInteger.Pow(10, Math.Min(scale, 40));
            scale = 0;
        }
        else if (scale < -9)
        {
            // 10^-2000 of a number of at most 1000 digits still rounds up to one nano.
            var drop = BigInteger.Pow(10, Math.Min(-9 - scale, 2000));
            var (quotient, remainder) = BigInteger.DivRem(unscaled, drop);
            unscaled = remainder.IsZero ? quotient : quotient + 1;
            scale = -9;
        }

        var cap = MaxValue * BigInteger.Pow(10, -scale);
        if (unscaled > cap) unscaled = cap;
        return new Quantity(negative ? -unscaled : unscaled, scale, format);
    }

    private static Quantity Combine(Quantity a, Quantity b, bool subtract)
    {
        // As upstream: zero takes on the other's format.
        var format = a.IsZero ? b.Format : a.Format;
        var (x, y, scale) = Align(a, b);
        return new Quantity(subtract ? x - y : x + y, scale, format);
    }

    private static (BigInteger A, BigInteger B, int Scale) Align(Quantity a, Quantity b)
    {
        var scale = Math.Min(a.scale, b.scale);
        return (a.Unscaled * BigInteger.Pow(10, a.scale - scale), b.Unscaled * BigInteger.Pow(10, b.scale - scale), scale);
    }

    private long Scaled(int target)
    {
        BigInteger result;
        if (scale >= target)
        {
            result = Unscaled * BigInteger.Pow(10, scale - target);
        }
        else
        {
            var (quotient, remainder) = BigInteger.DivRem(Unscaled, BigInteger.Pow(10, target - scale));
            result = remainder.IsZero ? quotient : quotient + remainder.Sign;
        }

        return result > long.MaxValue ? long.MaxValue : result < long.MinValue ? long.MinValue : (long)result;
    }
}
