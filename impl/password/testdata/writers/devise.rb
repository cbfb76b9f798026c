# Hashes by bcrypt-ruby, called as Devise::Encryptor does.
require "bcrypt"
require "json"
PEPPER = "5f3c9b1e" * 16
def digest(password) = ::BCrypt::Password.create("#{password}#{PEPPER}", cost: 4).to_s
def compare(hashed, password)
  bcrypt = ::BCrypt::Password.new(hashed)
  ::BCrypt::Engine.hash_secret("#{password}#{PEPPER}", bcrypt.salt) == hashed
end
["correct horse", "pässwörd-密码", "q", "x" * 71, "x" * 72].each do |password|
  stored = digest(password)
  [password, "y#{password}", "", password[0..-2]].each do |typed|
    puts JSON.generate(writer: "bcrypt-ruby #{Gem.loaded_specs["bcrypt"]&.version}", form: "devise", password: typed, hash: stored,
                       match: compare(stored, typed), pepper: PEPPER)
  end
end
