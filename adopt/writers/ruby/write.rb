# The gem bcrypt, and Devise's encryptor over it, which puts a pepper behind the password.

require "json"
require "bcrypt"
# All that the encryptor wants of Devise and of Rails.
module Devise
  def self.secure_compare(one, other) = one == other
end
class Object
  def blank? = respond_to?(:empty?) ? empty? : !self
  def present? = !blank?
end
require "devise/encryptor"

PASSWORDS = $stdin.each_line.map { |line| JSON.parse(line) }
PEPPER = "5b1f0c0f6d1c4a2f9a3b7e5d8c6f2e1a0b9d8c7f6e5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e"

def write(writer, form, encode, verify, passwords = PASSWORDS, settings = nil)
  passwords.each do |entry|
    password = entry["password"]
    hash = encode.call(password)
    abort "#{writer} does not verify its own #{form}: #{hash}" unless verify.call(password, hash)
    loose, wrong = entry["wrong"].partition { |other| verify.call(other, hash) }
    line = { writer: writer, form: form, hash: hash, password: password, wrong: wrong }
    line[:loose] = loose unless loose.empty?
    line[:settings] = settings if settings
    puts JSON.generate(line)
  end
end

model = Struct.new(:stretches, :pepper)
plain, peppered = model.new(4, nil), model.new(4, PEPPER)
write("Ruby's bcrypt #{Gem.loaded_specs["bcrypt"].version}", "bcrypt", ->(p) { BCrypt::Password.create(p, cost: 4).to_s }, ->(p, h) { BCrypt::Password.new(h) == p })
[["Devise", plain, nil], ["Devise with pepper", peppered, { "hash-pepper-file" => PEPPER }]].each do |form, klass, settings|
  encode = ->(p) { Devise::Encryptor.digest(klass, p) }
  verify = ->(p, h) { Devise::Encryptor.compare(klass, h, p) }
  write("Devise", form, encode, verify, PASSWORDS, settings)
end
